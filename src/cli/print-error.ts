import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { secretIn } from "../analyze/secrets/secret-text.js";
import { type Origin, originText } from "../errors/origin.js";
import type { Failure } from "./failure.js";
import type { Paint } from "./terminal.js";

/** The page of the documentation that explains every code. */
const DOCS = "docs/errors.md";

/** What printing depends on beside the failure. */
export interface Surroundings {
  /** The directory that the files of plans are relative to: the context. */
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

/** Plans name files from the context directory, errors of the description by their full path. */
function placeOf(origin: Origin, folder: string): { shown: Origin; read: Origin } {
  const read = isAbsolute(origin.file) ? origin.file : resolve(folder, origin.file);
  const near = relative(process.cwd(), read).split(sep).join("/");
  const short = near.startsWith("../../") || !existsSync(read) ? origin.file : near;
  return { shown: { ...origin, file: short }, read: { ...origin, file: read } };
}

const WIDTH = 140;

/** The user's line with its number, or nothing where it cannot be read or holds what looks like a secret. */
function snippet(origin: Origin, paint: Paint): string {
  const line = lineOf(origin);
  if (line === undefined || line.trim() === "" || secretIn(line) !== undefined) return "";
  const number = `${origin.line}`;
  const gutter = paint.dim(`  ${number} | `);
  const shown = line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line;
  const { column } = origin;
  const caret =
    column === undefined || column > shown.length
      ? ""
      : `  ${" ".repeat(number.length)} ${paint.dim("|")} ${shown.slice(0, column - 1).replace(/[^\t]/g, " ")}${paint.red("^")}\n`;
  return `${gutter}${shown}\n${caret}`;
}

function lineOf(origin: Origin): string | undefined {
  try {
    return readFileSync(origin.file, "utf8").split(/\r?\n/)[origin.line - 1]?.trimEnd();
  } catch {
    return undefined;
  }
}
