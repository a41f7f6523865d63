import type { Origin } from "../../errors/origin.js";
import type { Mode } from "../../image/mode.js";
import type { Owner } from "../../image/owner.js";
import type { FileOperation, RunOperation } from "../operation.js";

const OCTAL = /^[0-7]{3,4}$/;
const SYMBOLIC = /^[ugoa]*[-+=][rwxXst]*(,[ugoa]*[-+=][rwxXst]*)*$/;
const OWNER = /^([a-z_][a-z0-9_-]*|\d{1,9})(:([a-z_][a-z0-9_-]*|\d{1,9}))?$/;

/** A file or directory under another name, as `mv` gives it one. */
export interface Move {
  readonly op: "move";
  readonly from: string;
  readonly to: string;
  readonly origin?: Origin;
}

/**
 * Reads `chmod`, `chown`, `mv` and `rm -rf` of plain absolute paths, or several of them joined by `&&`, as file
 * operations, so that Docker habits profit from the passes too. Undefined for every command that does more. Run as a
 * user other than root such a command could fail where the file operation does not, so it is left alone.
 */
export function commandAsFiles(operation: RunOperation): readonly (FileOperation | Move)[] | undefined {
  if (operation.user !== undefined && !/^(root|0)(:(root|0))?$/.test(operation.user)) return undefined;
  const placed = operation.origin === undefined ? {} : { origin: operation.origin };
  const read = simpleCommands(operation)?.map((words) => commandOf(words, placed));
  if (read === undefined || read.some((one) => one === undefined)) return undefined;
  return read.flatMap((one) => one ?? []);
}

/** The paths that such a command names. */
export function commandPaths(operation: RunOperation): readonly string[] {
  return (commandAsFiles(operation) ?? []).flatMap((one) =>
    one.op === "move" ? [one.from, one.to] : "path" in one ? [one.path] : [],
  );
}

function commandOf(
  words: readonly string[],
  placed: { readonly origin?: Origin },
): readonly (FileOperation | Move)[] | undefined {
  const [program, ...rest] = words;
  const flags = rest.filter((word) => word.startsWith("-"));
  const [first, ...others] = rest.filter((word) => !word.startsWith("-"));
  if (first === undefined || rest.findIndex((word) => !word.startsWith("-")) < flags.length) return undefined;
  const recursive = flags.some((flag) => flag === "-R" || flag === "--recursive") ? { recursive: true } : {};
  const onlyRecursive = flags.every((flag) => flag === "-R" || flag === "--recursive");
  if (program === "chmod" && onlyRecursive && areCleanPaths(others)) {
    const mode = parseMode(first);
    return mode && others.map((path) => ({ op: "chmod", path, mode, ...recursive, ...placed }));
  }
  if (program === "chown" && onlyRecursive && areCleanPaths(others)) {
    const owner = parseOwner(first);
    return owner && others.map((path) => ({ op: "chown", path, owner, ...recursive, ...placed }));
  }
  if (program === "mv" && flags.every((flag) => flag === "-f" || flag === "-T")) {
    const [to, ...more] = others;
    if (to === undefined || more.length > 0 || !areCleanPaths([first, to])) return undefined;
    return [{ op: "move", from: first, to, ...placed }];
  }
  if (program === "rm" && flags.length > 0 && flags.every((flag) => /^-[rf]+$/.test(flag))) {
    const paths = [first, ...others];
    const force = flags.some((flag) => flag.includes("f"));
    return force && flags.some((flag) => flag.includes("r")) && areCleanPaths(paths)
      ? paths.map((path) => ({ op: "remove", path, ...placed }))
      : undefined;
  }
  return undefined;
}

function parseMode(text: string): Mode | undefined {
  if (OCTAL.test(text)) return { octal: Number.parseInt(text, 8) };
  // Without `ugoa` a write bit depends on the umask of the shell.
  const needsUmask = text.split(",").some((clause) => /^[-+=]/.test(clause) && clause.includes("w"));
  return SYMBOLIC.test(text) && !needsUmask ? { symbolic: text } : undefined;
}

/** chown(1) leaves the group alone without `:group`, unlike our owners: only the full form is read. */
function parseOwner(text: string): Owner | undefined {
  const match = OWNER.exec(text);
  if (match === null || match[1] === undefined || match[3] === undefined) return undefined;
  const id = (word: string): number | string => (/^\d+$/.test(word) ? Number(word) : word);
  return { user: id(match[1]), group: id(match[3]) };
}

/** Characters that mean something to a shell; a command that holds none of them is just words. */
const SHELL_SYNTAX = /[\s'"\\$`&|;<>(){}[\]*?!#~=%\n\r]/;

/**
 * The words of each command of a list `a && b` that a shell would pass on as they are, or undefined when the shell has
 * a say in it: quotes, variables, globs, other lists. Only such commands can be read as file operations.
 */
function simpleCommands(operation: RunOperation): readonly (readonly string[])[] | undefined {
  if (operation.mounts !== undefined && operation.mounts.length > 0) return undefined;
  if (typeof operation.command !== "string") return [operation.command];
  const commands = operation.command.split("&&").map((text) => text.trim().split(/[ \t]+/));
  return commands.some((words) => words.some((word) => SHELL_SYNTAX.test(word))) ? undefined : commands;
}

/** True when all of these are absolute paths without dots to resolve. */
function areCleanPaths(words: readonly string[]): boolean {
  return words.length > 0 && words.every((word) => /^\/[^/]/.test(word) && !/\/(\.{1,2})?(\/|$)/.test(word));
}
