import { closeSync, constants, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { HeldDirectory, type HostPlace, hostText } from "../../archive/held-directory.js";
import { pathFromBytes, sortByBytes } from "../../core/bytes.js";
import { PatternError } from "../../core/glob.js";
import { type IgnoreRules, parseIgnoreFile } from "../../core/ignore-rules.js";
import { EnvironmentError, type LayerwrightError, PlanError } from "../../errors/layerwright-error.js";
import { outputPatterns } from "./written-outputs.js";

/** The file beside the sources that says what is not part of the context. */
export const IGNORE_FILE = ".dockerignore";

/** A context directory with its ignore rules. */
export interface ContextRoot {
  /** Name of a named context; undefined for the main one. */
  readonly name: string | undefined;
  /** The directory as the user named it, for messages. */
  readonly folder: string;
  /** The directory itself, which stays open: all of the context is reached from it. */
  readonly held: HeldDirectory;
  readonly rules: IgnoreRules;
  /** The line from which on the rules are not the user's, but hide what layerwright wrote. */
  readonly outputsFrom: number;
}

/** Opens a context directory and reads its `.dockerignore`. */
export function openContext(name: string | undefined, folder: string): ContextRoot {
  const held = hold(name, folder);
  return { name, folder, held, ...readRules(held, name === undefined) };
}

function hold(name: string | undefined, folder: string): HeldDirectory {
  const refuse = (reason: string, cause?: unknown) =>
    new EnvironmentError("CONTEXT_NOT_FOUND", { folder, name, reason }, { subject: folder, cause });
  try {
    return HeldDirectory.open(realpathSync(folder));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOTDIR") throw refuse("it is not a directory", error);
    if (code === "ENOENT") throw refuse("it does not exist", error);
    if (code === "EACCES") throw refuse("permission denied", error);
    throw error;
  }
}

function readRules(held: HeldDirectory, isMain: boolean): Pick<ContextRoot, "rules" | "outputsFrom"> {
  const path = join(held.path, IGNORE_FILE);
  const text = readIgnoreFile(held, path);
  const outputs = isMain ? outputPatterns(held.path) : [];
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

/** The text of the ignore file. It may be a link to one that several projects share: it says what is left out. */
function readIgnoreFile(held: HeldDirectory, path: string): string {
  let fd: number | undefined;
  try {
    fd = held.top.openFile(IGNORE_FILE, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    return readFileSync(fd, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOENT" && code !== "EISDIR") throw sourceFailure(path, error);
    return "";
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "not permitted",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
  ENFILE: "too many open files on this machine",
  ENAMETOOLONG: "the name is too long",
  ENOTDIR: "a part of the path is not a directory",
  EIO: "the disk reports an error",
};

/** The coded error for a failed look at a file of a context. */
export function sourceFailure(path: string | Buffer, error: unknown): LayerwrightError {
  const text = hostText(path);
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT")
    return new EnvironmentError("SOURCE_VANISHED", { path: text }, { subject: text, cause: error });
  const reason = REASONS[code] ?? (code === "" ? String(error) : code);
  return new EnvironmentError("SOURCE_UNREADABLE", { path: text, reason }, { subject: text, cause: error });
}

/** The coded error for what is neither file, directory nor link. */
export function specialFile(path: string | Buffer, kind: string): LayerwrightError {
  const text = hostText(path);
  return new PlanError("SOURCE_SPECIAL", { path: text, kind }, { subject: text });
}

/** The names in a directory in byte order. */
export function sortedNames(place: HostPlace): string[] {
  try {
    return sortByBytes(readNames(place));
  } catch (error) {
    throw sourceFailure(place.path, error);
  }
}

/** The character that stands in decoded text for bytes that are no UTF-8. */
const REPLACEMENT = "\ufffd";

/**
 * The names in a directory, in no order. Names are read as text, and once more as bytes only where one of them is not
 * UTF-8: reading bytes costs twice as much, and hardly any directory needs it.
 */
function readNames(place: HostPlace): string[] {
  const names = place.listText();
  if (!names.some((name) => name.includes(REPLACEMENT))) return names;
  return place.listBytes().map((bytes) => pathFromBytes(bytes));
}
