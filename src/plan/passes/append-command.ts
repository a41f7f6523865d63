import type { RunOperation } from "../operation.js";

/** A shell that ends at the first failure. */
const ERREXIT = /\bset\s+-(\w*e|o\s+errexit)/;

/** One more command of the same step, which runs when the first succeeded. */
export function appendCommand(operation: RunOperation, command: string): RunOperation {
  const first = String(operation.command).trim();
  return { ...operation, command: appended(first, command, endsAtFailure(operation)) };
}

/** True when the shell of a command ends at the first failure. */
function endsAtFailure({ command, shell }: RunOperation): boolean {
  return ERREXIT.test(String(command)) || shell.some((word) => /^-[a-z]*e/.test(word));
}

function appended(first: string, command: string, errexit: boolean): string {
  if (!errexit || isPlain(first)) return `${grouped(first)} && ${command}`;
  // In braces before an "&&" the shell would no longer end at a failure inside, and on a line of its own the command
  // would hide that a list `a && b` failed.
  const last = first.replace(/[\s;]+$/, "");
  const isCompound = /(^|[\s;])(fi|done|esac|\})$|\)$|&$/.test(last);
  const isOpen = last.includes("<<") || /#[^\n]*$/.test(last);
  return isCompound || isOpen ? `${first}\ntest $? = 0 && ${command}` : `${last} && ${command}`;
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
