import { parentPath } from "../core/posix-path.js";
import type { Mode } from "../image/mode.js";
import { modeAfter } from "../image/mode.js";
import type { FileOperation } from "../plan/operation.js";
import type { StageDraft } from "./draft.js";
import { currentShell } from "./emit-config.js";
import { copyFolder } from "./emit-files.js";
import { octalText, ownerFlag } from "./flags.js";
import type { RunCommand } from "./instruction.js";
import { type Fact, type FileFact, type FolderFact, isFolder } from "./known-tree.js";
import { noteEffects } from "./layer-effects.js";
import { fitsHeredoc, isPlainCommand, literalPattern, shellWord, shellWords } from "./quoting.js";

/** An operation that removes or changes what exists. */
export type ChangeOperation = Extract<FileOperation, { op: "remove" | "chmod" | "chown" }>;

/** A change as a tool of the image does it: alone where that is exact, else in a line of a POSIX shell. */
interface ChangeCommand {
  /** The tool and its arguments. */
  readonly args: readonly string[];
  /** A line of shell that is right for any file at the path, if the arguments alone are not. */
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

type Look = Pick<FolderFact, "mode" | "uid" | "gid">;

/**
 * Writes a change of one file or directory of an image without tools: it is copied over itself with the mode and owner
 * that it is to have. False where that could be another image: below a directory nobody knows what is so already and
 * makes no part of the layer, COPY keeps capabilities that chown(2) takes away, and nothing can be removed.
 */
export function changeByCopy(draft: StageDraft, operation: ChangeOperation): boolean {
  if (operation.op === "remove" || operation.recursive === true) return false;
  const path = draft.tree.real(operation.path, true);
  const fact = draft.tree.at(path);
  if (path === "/" || (fact.kind !== "folder" && fact.kind !== "file")) return false;
  const before = fact.kind === "folder" ? fact : fact.look;
  const after = before && lookAfter(draft, operation, before, fact.kind === "folder");
  if (before === undefined || after === undefined) return false;
  const isSame = before.mode === after.mode && before.uid === after.uid && before.gid === after.gid;
  if (!isSame && fact.kind === "folder") {
    copyFolder(draft, path, { mode: after.mode, owner: `${after.uid}:${after.gid}` });
  } else if (!isSame) copyFile(draft, path, before, after);
  noteEffects(draft, operation);
  if (fact.kind === "file") draft.tree.set(path, { kind: "file", look: after });
  return true;
}

/** The mode and owner after a change, as chmod(2) and chown(2) leave them; undefined where that cannot be copied. */
function lookAfter(
  draft: StageDraft,
  operation: Exclude<ChangeOperation, { op: "remove" }>,
  before: Look | NonNullable<FileFact["look"]>,
  isFolder: boolean,
): Look | undefined {
  const { mode, uid, gid } = before;
  if (operation.op === "chmod") return { mode: modeAfter(operation.mode, mode, isFolder), uid, gid };
  const owner = ownerFlag(draft, operation.owner, operation.origin);
  if (owner.byName || "capable" in before) return undefined;
  const [user = 0, group = 0] = owner.text.split(":").map(Number);
  const setgid = (mode & 0o010) === 0 ? 0 : 0o2000;
  return { mode: isFolder ? mode : mode & ~(0o4000 | setgid), uid: user, gid: group };
}

/** Copies a file over itself out of the stage so far. */
function copyFile(draft: StageDraft, path: string, before: Look, after: Look): void {
  const stage = draft.withAccounts(parentPath(path));
  stage.finish();
  const isOthers = before.uid !== after.uid || before.gid !== after.gid;
  draft.add({
    kind: "copy",
    flags: {
      from: stage.name,
      ...(before.mode === after.mode ? {} : { chmod: octalText(after.mode) }),
      ...(isOthers ? { chown: `${after.uid}:${after.gid}` } : {}),
    },
    sources: [literalPattern(path)],
    dest: path,
  });
}

/** The same change of a mode as clauses that every chmod(1) reads alike, for files and for directories. */
interface PortableMode {
  readonly file: string;
  readonly directory: string;
}

type Class = "u" | "g" | "o";
const CLASSES: readonly Class[] = ["u", "g", "o"];

/**
 * Clauses that GNU coreutils and busybox read alike. They differ (measured with 9.1 and 1.35) in `=`, with which
 * busybox takes setuid and setgid from a directory and reads `X` and a copied class after it has cleared the bits, and
 * in `t`, which busybox knows for `a` alone. `=` is therefore spelled as what it adds and what it takes away; as in
 * coreutils, a directory keeps setuid and setgid that are not named.
 */
export function portableMode(clauses: string): PortableMode {
  const parts = clauses.split(",").map(portableClause);
  return {
    file: parts.map(({ file }) => file).join(","),
    directory: parts.map(({ directory }) => directory).join(","),
  };
}

/** True when clauses mean the same to every chmod(1) as they stand. */
export function isPortable(clauses: string): boolean {
  return !/=/.test(clauses) && !/t/.test(clauses);
}

function portableClause(clause: string): PortableMode {
  const [, who = "", rest = ""] = /^([ugoa]*)(.*)$/.exec(clause) ?? [];
  const parts = [...rest.matchAll(/([-+=])([rwxXst]*|[ugo])(?=[-+=]|$)/g)].map(
    ([, operator = "+", permissions = ""]) =>
      operator === "=" ? assignment(who, permissions) : both(sparingSticky(who, operator, permissions)),
  );
  const joined = (pick: (mode: PortableMode) => string) =>
    parts
      .map(pick)
      .filter((text) => text !== "")
      .join(",");
  return { file: joined(({ file }) => file), directory: joined(({ directory }) => directory) };
}

function both(text: string): PortableMode {
  return { file: text, directory: text };
}

/** `+` and `-`: only the sticky bit is apart. */
function sparingSticky(who: string, operator: string, permissions: string): string {
  if (!permissions.includes("t")) return `${who}${operator}${permissions}`;
  const rest = permissions.replaceAll("t", "");
  const sticky = reachesSticky(who) ? [`a${operator}t`] : [];
  return [`${who}${operator}${rest}`, ...sticky].join(",");
}

/** The sticky bit counts as one of the others'. */
function reachesSticky(who: string): boolean {
  return who === "" || /[oa]/.test(who);
}

function assignment(who: string, permissions: string): PortableMode {
  const affected = who === "" || who.includes("a") ? CLASSES : CLASSES.filter((one) => who.includes(one));
  // No class named: the umask 022 of builds applies.
  const masked = who === "" ? affected.filter((one) => one !== "u") : [];
  const copied = CLASSES.find((one) => one === permissions);
  const bits = copied === undefined ? setLetters(affected, permissions) : setCopy(affected, copied);
  const names = permissions.includes("s") && copied === undefined;
  const sticky = affected.includes("o")
    ? [copied === undefined && permissions.includes("t") ? "a+t" : "a-t"]
    : [];
  const common = [...bits, ...masked.map((one) => `${one}-w`), ...sticky];
  const special = affected.filter((one) => one !== "o").map((one) => `${one}${names ? "+" : "-"}s`);
  return {
    file: [...common, ...special].join(","),
    directory: [...common, ...(names ? special : [])].join(","),
  };
}

function setLetters(affected: readonly Class[], permissions: string): string[] {
  const who = affected.join("");
  const given = [..."rwx"].filter((letter) => permissions.includes(letter));
  const conditional = permissions.includes("X") ? "X" : "";
  const added = given.join("") + conditional;
  // Where `X` gives nothing, nobody may execute, so there is nothing to take away either.
  const taken = [..."rwx"].filter(
    (letter) => !given.includes(letter) && !(letter === "x" && conditional !== ""),
  );
  return [
    ...(added === "" ? [] : [`${who}+${added}`]),
    ...(taken.length === 0 ? [] : [`${who}-${taken.join("")}`]),
  ];
}

/** The class that is copied keeps its own bits. */
function setCopy(affected: readonly Class[], copied: Class): string[] {
  const others = affected.filter((one) => one !== copied);
  return others.length === 0 ? [] : [`${others.join("")}-rwx`, `${others.join("")}+${copied}`];
}
