import { existsSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { type Origin, originText } from "../errors/origin.js";
import type { Failure } from "./failure.js";
import type { Paint } from "./paint.js";
import { snippet } from "./snippet.js";

/** The page of the documentation that explains every code. */
const DOCS = "docs/errors.md";

/** What printing depends on beside the failure. */
export interface Surroundings {
  /** The folder that the files of plans are relative to: the context. */
  readonly folder: string;
  /** True when a fault of ours is shown with its stack. */
  readonly debug: boolean;
}

/** A failure as people read it: the code and message, the user's line, what to do. */
export function failureText(failure: Failure, paint: Paint, around: Surroundings): string {
  const { code, message, hint, origin, image, detail, stack } = failure;
  const place = origin === undefined ? undefined : placeOf(origin, around.folder);
  const bug = failure.kind === "Bug";
  return [
    `${paint.red(paint.bold(`error ${code}:`))} ${message}\n`,
    image === undefined ? "" : `in the image ${paint.bold(image)}\n`,
    place === undefined ? "" : `at ${paint.cyan(originText(place.shown))}\n${snippet(place.read, paint)}`,
    detail === undefined ? "" : `${paint.dim(detail)}\n`,
    `${paint.bold("hint:")} ${hint}\n`,
    around.debug && bug && stack !== undefined ? `${stack}\n` : "",
  ].join("");
}

/** The document of `--json` for a failure. */
export function failureJson(failure: Failure, around: Surroundings): unknown {
  const { code, message, hint, origin, image, detail, stack } = failure;
  const where = origin === undefined ? null : placeOf(origin, around.folder).shown;
  return {
    error: {
      code,
      message,
      ...(image === undefined ? {} : { image }),
      where: where === null ? null : { file: where.file, line: where.line, column: where.column ?? null },
      hint,
      docs: `${DOCS}#${code.toLowerCase()}`,
      ...(detail === undefined ? {} : { detail }),
      ...(around.debug && stack !== undefined ? { stack } : {}),
    },
  };
}

/** Plans name files from the context folder, errors of the description by their full path. */
function placeOf(origin: Origin, folder: string): { shown: Origin; read: Origin } {
  const read = isAbsolute(origin.file) ? origin.file : resolve(folder, origin.file);
  const near = relative(process.cwd(), read).split(sep).join("/");
  const short = near.startsWith("../../") || !existsSync(read) ? origin.file : near;
  return { shown: { ...origin, file: short }, read: { ...origin, file: read } };
}
