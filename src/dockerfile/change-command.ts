import type { Mode } from "../image/mode.js";
import type { FileOperation } from "../plan/operation.js";
import type { RunCommand } from "./instruction.js";
import { type Fact, isFolder } from "./known-tree.js";
import { modeAfter, octalText } from "./mode-flag.js";
import { ownerFlag } from "./owner-flag.js";
import { isPortable, portableMode } from "./portable-mode.js";
import { fitsHeredoc, isPlainCommand, shellWord, shellWords } from "./quoting.js";
import type { StageDraft } from "./stage-draft.js";
import { currentShell } from "./transition.js";

/** An operation that removes or changes what exists. */
export type ChangeOperation = Extract<FileOperation, { op: "remove" | "chmod" | "chown" }>;

/** A change as a tool of the image does it: alone where that is exact, else in a line of a POSIX shell. */
export interface ChangeCommand {
  /** The tool and its arguments. */
  readonly args: readonly string[];
  /** A line of shell that is right whatever is at the path, where the arguments alone are not. */
  readonly script?: string;
}

const SPECIAL = 0o6000;

/** The command for a change, right with GNU coreutils and with busybox. */
export function changeCommand(draft: StageDraft, operation: ChangeOperation): ChangeCommand {
  const { path } = operation;
  if (operation.op === "remove") return { args: ["rm", "-rf", path] };
  if (operation.op === "chown") {
    return { args: ["chown", ...(operation.recursive ? ["-Rh"] : []), ownerWord(draft, operation), path] };
  }
  const real = draft.tree.real(path, true);
  const fact = draft.tree.at(real);
  const { mode } = operation;
  if (operation.recursive) return recursive(real, fact, mode);
  if (fact.kind === "unknown" || fact.kind === "some-folder") {
    const { file, directory } = clausesOf(mode);
    const args = ["chmod", directory, path];
    if (file === directory || fact.kind === "some-folder") return { args };
    const script = `if [ -d ${shellWord(path)} ]; then ${shellWords(args)}; else ${shellWords(["chmod", file, path])}; fi`;
    return { args: ["chmod", spelled(mode), path], script };
  }
  if (fact.kind !== "folder") {
    return { args: ["chmod", "octal" in mode ? octalText(mode.octal) : clausesOf(mode).file, path] };
  }
  const after = modeAfter(mode, fact.mode, true);
  if ("symbolic" in mode && isPortable(mode.symbolic)) return { args: ["chmod", mode.symbolic, path] };
  return { args: ["chmod", wholeMode(after, fact.mode), path] };
}

/**
 * A whole tree. GNU coreutils follow a link that they are given, busybox does not; the links inside are followed by
 * neither.
 */
function recursive(real: string, fact: Fact, mode: Mode): ChangeCommand {
  const { file, directory } = clausesOf(mode);
  if (fact.kind === "file") return { args: ["chmod", file, real] };
  if (file === directory && fact.kind !== "unknown") return { args: ["chmod", "-R", directory, real] };
  const path = shellWord(real);
  const below = shellWord(`${real === "/" ? "" : real}/`);
  const whole =
    file === directory
      ? shellWords(["chmod", "-R", directory, `${real}/`])
      : [
          `if chmod --version >/dev/null 2>&1; then chmod -R ${shellWord(spelled(mode))} ${below}`,
          `else find ${below} -type d -exec chmod ${shellWord(directory)} {} +`,
          `find ${below} ! -type d ! -type l -exec chmod ${shellWord(file)} {} +`,
          "fi",
        ].join("; ");
  const args = ["chmod", "-R", spelled(mode), real];
  if (isFolder(fact)) return { args, script: whole };
  const single = shellWords(["chmod", file, real]);
  return { args, script: `if [ -d ${path} ]; then ${whole}; else ${single}; fi` };
}

/** Clauses for a file and for a directory that every chmod(1) reads alike. */
function clausesOf(mode: Mode): { readonly file: string; readonly directory: string } {
  if ("octal" in mode) {
    // Four digits leave setuid and setgid of a directory, for GNU coreutils; five do not.
    const text = octalText(mode.octal).padStart(5, "0");
    return { file: text, directory: text };
  }
  if (isPortable(mode.symbolic)) return { file: mode.symbolic, directory: mode.symbolic };
  return portableMode(mode.symbolic);
}

function spelled(mode: Mode): string {
  return "octal" in mode ? clausesOf(mode).directory : mode.symbolic;
}

/** All bits of a directory: in four digits where none of those that four digits leave is set. */
function wholeMode(after: number, before: number): string {
  const text = octalText(after);
  return (before & SPECIAL & ~after) === 0 ? text : text.padStart(5, "0");
}

/** An owner as chown(1) takes it: a name and a colon is the name's own group. */
export function ownerWord(draft: StageDraft, operation: FileOperation): string {
  if (!("owner" in operation) || operation.owner === undefined) return "0:0";
  const { text } = ownerFlag(draft, operation.owner, operation.origin);
  return text.includes(":") ? text : `${text}:`;
}

/** Lines of a POSIX shell as a RUN is best written. */
export function scriptCommand(draft: StageDraft, text: string): RunCommand {
  const isDefaultShell = currentShell(draft).join(" ") === "/bin/sh -c";
  const line = text.replace(/\n$/, "");
  if (isDefaultShell && isPlainCommand(line)) return { form: "line", text: line };
  const heredoc = draft.emission.dialect.heredoc && isDefaultShell && fitsHeredoc(text, 32 * 1024);
  return heredoc ? { form: "heredoc", text } : { form: "exec", args: ["/bin/sh", "-c", text] };
}
