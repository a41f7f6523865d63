import type { RunOperation } from "../operation.js";

/** A shell that ends at the first failure. */
const ERREXIT = /\bset\s+-(\w*e|o\s+errexit)/;

/** One more command of the same step, which runs when the first succeeded. */
export function appendCommand(operation: RunOperation, command: string): RunOperation {
  const first = String(operation.command).trim();
  // In braces before an "&&" the shell would no longer end at a failure inside: there, the next line is next.
  const ends = ERREXIT.test(first) || operation.shell.some((word) => /^-[a-z]*e/.test(word));
  const joined = ends && !isPlain(first) ? `${first}\n${command}` : `${grouped(first)} && ${command}`;
  return { ...operation, command: joined };
}

/**
 * A command as one part of a list. Braces keep `a || b` and `a; b` together, and a new line ends a comment or a
 * here-document.
 */
export function grouped(command: string): string {
  const text = command.trim();
  return isPlain(text) ? text : `{ ${text}\n}`;
}

function isPlain(text: string): boolean {
  return /^[^\n#]*$/.test(text) && !/\|\||;|&\s*$|<</.test(text);
}
