import type { RunOperation } from "../operation.js";

/** Characters that mean something to a shell; a command that holds none of them is just words. */
const SHELL_SYNTAX = /[\s'"\\$`&|;<>(){}[\]*?!#~=%\n\r]/;

/**
 * The words of each command of a list `a && b` that a shell would pass on as they are, or undefined when the shell has
 * a say in it: quotes, variables, globs, other lists. Only such commands can be read as file operations.
 */
export function simpleCommands(operation: RunOperation): readonly (readonly string[])[] | undefined {
  if (operation.mounts !== undefined && operation.mounts.length > 0) return undefined;
  if (typeof operation.command !== "string") return [operation.command];
  const commands = operation.command.split("&&").map((text) => text.trim().split(/[ \t]+/));
  return commands.some((words) => words.some((word) => SHELL_SYNTAX.test(word))) ? undefined : commands;
}

/** True when all of these are absolute paths without dots to resolve. */
export function areCleanPaths(words: readonly string[]): boolean {
  return words.length > 0 && words.every((word) => /^\/[^/]/.test(word) && !/\/(\.{1,2})?(\/|$)/.test(word));
}
