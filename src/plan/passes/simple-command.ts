import type { RunOperation } from "../operation.js";

/** Characters that mean something to a shell; a command that holds none of them is just words. */
const SHELL_SYNTAX = /[\s'"\\$`&|;<>(){}[\]*?!#~=%\n\r]/;

/**
 * The words of a command that a shell would pass on as they are, or undefined when the shell has a say in it:
 * quotes, variables, globs, several commands. Only such commands can be read as file operations.
 */
export function simpleWords(operation: RunOperation): readonly string[] | undefined {
  if (operation.mounts !== undefined && operation.mounts.length > 0) return undefined;
  const words =
    typeof operation.command === "string" ? operation.command.trim().split(/[ \t]+/) : operation.command;
  if (typeof operation.command === "string" && words.some((word) => SHELL_SYNTAX.test(word)))
    return undefined;
  return words;
}

/** Whether all of these are absolute paths without dots to resolve. */
export function areCleanPaths(words: readonly string[]): boolean {
  return words.length > 0 && words.every((word) => /^\/[^/]/.test(word) && !/\/(\.{1,2})?(\/|$)/.test(word));
}
