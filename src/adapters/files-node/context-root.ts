import { readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { type IgnoreRules, parseIgnoreFile } from "../../core/pattern/ignore-rules.js";
import { PatternError } from "../../core/pattern/pattern-error.js";
import { EnvironmentError, PlanError } from "../../errors/layerwright-error.js";
import { sourceFailure } from "./source-failure.js";
import { outputPatterns } from "./written-outputs.js";

/** The file beside the sources that says what is not part of the context. */
export const IGNORE_FILE = ".dockerignore";

/** A context folder with its ignore rules. */
export interface ContextRoot {
  /** Name of a named context; undefined for the main one. */
  readonly name: string | undefined;
  /** The folder as the user named it, for messages. */
  readonly folder: string;
  /** The folder itself, with no link in its path. */
  readonly realFolder: string;
  readonly rules: IgnoreRules;
  /** The line from which on the rules are not the user's, but hide what layerwright wrote. */
  readonly outputsFrom: number;
}

/** Opens a context folder and reads its `.dockerignore`. */
export function openContext(name: string | undefined, folder: string): ContextRoot {
  const realFolder = realFolderOf(name, folder);
  return { name, folder, realFolder, ...readRules(realFolder, name === undefined) };
}

function realFolderOf(name: string | undefined, folder: string): string {
  const refuse = (reason: string, cause?: unknown) =>
    new EnvironmentError("CONTEXT_NOT_FOUND", { folder, name, reason }, { subject: folder, cause });
  try {
    const real = realpathSync(folder);
    if (!statSync(real).isDirectory()) throw refuse("it is not a folder");
    return real;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") throw refuse("it does not exist", error);
    if (code === "EACCES") throw refuse("permission denied", error);
    throw error;
  }
}

function readRules(folder: string, isMain: boolean): Pick<ContextRoot, "rules" | "outputsFrom"> {
  const path = join(folder, IGNORE_FILE);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOENT" && code !== "EISDIR") throw sourceFailure(path, error);
    text = "";
  }
  const outputs = isMain ? outputPatterns(folder) : [];
  try {
    return {
      rules: parseIgnoreFile([text, ...outputs].join("\n/")),
      outputsFrom: text.split("\n").length + 1,
    };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const { pattern, reason, line = 1 } = error;
    throw new PlanError(
      "IGNORE_PATTERN_BAD",
      { file: path, line, pattern, reason },
      { subject: pattern, cause: error },
    );
  }
}
