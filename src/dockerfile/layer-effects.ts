import { baseName, parentPath } from "../core/posix-path.js";
import { modeAfter } from "../image/mode.js";
import type {
  AddOperation,
  CopyOperation,
  FileOperation,
  Operation,
  RunOperation,
} from "../plan/operation.js";
import { downloadName } from "../plan/operation.js";
import { nameOf } from "./copy-source.js";
import type { StageDraft } from "./draft.js";
import { mayEnter, ownerFlag } from "./flags.js";
import { copiedEntries, enters, type Fact, isFolder, NEW_FOLDER, noteEntries } from "./known-tree.js";

/** Notes what an operation did to the accounts alone, so that what follows it in its layer finds them. */
export function noteAccounts(draft: StageDraft, operation: FileOperation): void {
  const { tree, accounts } = draft;
  if (operation.op === "write") {
    accounts.wrote(tree.real(operation.path, true), operation.contents.text);
  } else if (operation.op === "copy" || operation.op === "add") {
    const dest = tree.real(operation.dest, true);
    const files = filesOf(operation);
    if (files === undefined) {
      if ("/etc/passwd".startsWith(dest) || dest.startsWith("/etc")) accounts.forget();
      return;
    }
    const into = operation.into || enters(tree, operation);
    for (const name of files) {
      if (into || mayEnter(draft, operation))
        accounts.wrote(dest === "/" ? `/${name}` : `${dest}/${name}`, undefined);
      if (!into) accounts.wrote(dest, undefined);
    }
  }
}

/** Notes in the model of a stage what an operation did to it. */
export function noteEffects(draft: StageDraft, operation: FileOperation): void {
  const { tree, accounts } = draft;
  switch (operation.op) {
    case "write": {
      const path = tree.real(operation.path, true);
      tree.addParents(path);
      tree.set(path, { kind: "file" });
      noteAccounts(draft, operation);
      return;
    }
    case "mkdir": {
      const path = tree.real(operation.path, true);
      const before = tree.at(path).kind;
      if (operation.ifMissing && (before === "folder" || before === "some-folder")) return;
      tree.addParents(path);
      if (operation.ifMissing && before === "unknown") {
        if (setsSetgid(operation.mode)) tree.noteSetgid();
        tree.set(path, { kind: "some-folder" });
        return;
      }
      const owner =
        operation.owner === undefined ? undefined : ownerFlag(draft, operation.owner, operation.origin);
      if (owner?.byName) {
        tree.set(path, { kind: "some-folder" });
        if (setsSetgid(operation.mode)) tree.noteSetgid();
      } else {
        const [uid = 0, gid = 0] = (owner?.text ?? "0:0").split(":").map(Number);
        tree.setNewFolder(path, { kind: "folder", mode: modeAfter(operation.mode, 0o755, true), uid, gid });
      }
      return;
    }
    case "symlink": {
      const path = tree.real(operation.path, false);
      tree.addParents(path);
      tree.set(path, { kind: "symlink", target: operation.target });
      return;
    }
    case "add":
    case "copy":
      noteCopied(draft, operation);
      return;
    case "remove":
      tree.remove(tree.real(operation.path, false));
      accounts.wrote(operation.path, undefined);
      return;
    case "chmod": {
      const path = tree.real(operation.path, true);
      const isKnown = tree.at(path).kind === "folder" && operation.recursive !== true;
      if (!isKnown && setsSetgid(operation.mode)) tree.noteSetgid();
      tree.changeFolders(path, operation.recursive === true, (fact) => ({
        ...fact,
        mode: modeAfter(operation.mode, fact.mode, true),
      }));
      return;
    }
    case "chown": {
      const { text, byName } = ownerFlag(draft, operation.owner, operation.origin);
      const [uid = 0, gid = 0] = text.split(":").map(Number);
      const path = tree.real(operation.path, operation.recursive !== true);
      tree.changeFolders(path, operation.recursive === true, (fact) =>
        byName ? { kind: "some-folder" } : { ...fact, uid, gid },
      );
      return;
    }
  }
}

function noteCopied(draft: StageDraft, operation: Extract<FileOperation, { op: "add" | "copy" }>): void {
  const { tree } = draft;
  const dest = tree.real(operation.dest, true);
  tree.addParents(dest);
  if (bringsSetgid(draft, operation)) tree.noteSetgid();
  const files = filesOf(operation);
  const into = operation.into || enters(tree, operation);
  if (files !== undefined && mayEnter(draft, operation)) {
    noteAccounts(draft, operation);
    tree.forgetBelow(dest);
    tree.set(dest, { kind: "unknown" });
    return;
  }
  if (files !== undefined) {
    if (operation.into && tree.at(dest).kind === "absent") tree.setNewFolder(dest);
    for (const name of files) {
      const path = into ? (dest === "/" ? `/${name}` : `${dest}/${name}`) : dest;
      tree.set(path, { kind: "file" });
    }
    noteAccounts(draft, operation);
    return;
  }
  const before = tree.at(dest).kind;
  const entries =
    operation.op === "copy" ? copiedEntries({ ...operation, dest }, idsOf(operation)) : undefined;
  if (before === "absent") {
    const made: Fact = operation.op === "copy" ? newDestination(draft, operation) : { kind: "file" };
    if (entries !== undefined && isFolder(made)) tree.setNewFolder(dest, made);
    else tree.set(dest, made);
  } else if (before === "unknown" && operation.into) tree.set(dest, { kind: "some-folder" });
  if (entries === undefined) tree.mergeBelow(dest);
  else noteEntries(tree, entries);
  noteAccounts(draft, operation);
}

/** True when a directory of another image that is copied may have setgid; of a context, modes are known. */
function bringsSetgid(draft: StageDraft, operation: CopyOperation | AddOperation): boolean {
  if (operation.op === "add") return false;
  return operation.sources.some((source) => {
    const stage = source.from === "context" ? undefined : draft.emission.stages.get(source.stage);
    if (source.from === "context" || stage === undefined) return false;
    return operation.mode === undefined ? stage.tree.maySetgid(source.path) : setsSetgid(operation.mode);
  });
}

function setsSetgid(mode: Parameters<typeof modeAfter>[0]): boolean {
  return mode !== undefined && (modeAfter(mode, 0o755, true) & 0o2000) !== 0;
}

/** The owner of what a copy brings of a context; undefined where it is a name, which a builder looks up. */
function idsOf({ owner }: CopyOperation): { readonly uid: number; readonly gid: number } | undefined {
  const { user, group = user } = owner ?? { user: 0 };
  return typeof user === "number" && typeof group === "number" ? { uid: user, gid: group } : undefined;
}

/** The fact about a destination after a copy that made it. */
function newDestination(draft: StageDraft, operation: Extract<FileOperation, { op: "copy" }>): Fact {
  const folder = operation.sources.every(
    (source) => source.from === "context" && source.found?.shape === "folder",
  );
  if (!folder && !operation.into) return { kind: "unknown" };
  const owner =
    operation.owner === undefined ? undefined : ownerFlag(draft, operation.owner, operation.origin);
  const mode = modeAfter(operation.mode, 0o755, true);
  if (operation.asOnDisk) return { kind: "some-folder" };
  if (owner === undefined && mode === 0o755) return NEW_FOLDER;
  if (owner?.byName || !folder) return { kind: "some-folder" };
  const [uid = 0, gid = 0] = (owner?.text ?? "0:0").split(":").map(Number);
  return { kind: "folder", mode, uid, gid };
}

/** The names of the files that are copied, where they are known to be files. */
function filesOf(operation: Extract<FileOperation, { op: "add" | "copy" }>): string[] | undefined {
  if (operation.op === "add") return [downloadName(operation.url)];
  const names: string[] = [];
  for (const source of operation.sources) {
    const isFile =
      operation.executable === true || (source.from === "context" && source.found?.shape === "file");
    if (!isFile) return undefined;
    names.push(nameOf(source) ?? baseName(`/${source.path}`));
  }
  return names;
}

/** Notes that a command ran: it may have changed anything but what the user vouches for. */
export function noteCommand(draft: StageDraft, command?: RunOperation["command"]): void {
  draft.commandSeen = true;
  const text = typeof command === "string" ? command : (command ?? []).join(" ");
  draft.tree.forgetByCommand(SETS_SETGID.test(text), INSTALLS.test(text));
  draft.accounts.forget();
}

/** A command that installs packages of a distribution. */
const INSTALLS = /\b(apk|apt|apt-get|aptitude|dnf|dpkg|microdnf|rpm|yum|zypper)\s/;

/** A mode with setgid as chmod(1), mkdir(1) and install(1) take it. */
const SETS_SETGID =
  /\bchmod\s+(-\S+\s+)*(0*[2367][0-7]{3}\b|\S*[+=][rwxXt]*s)|\s(-m|--mode)[\s=]*(0*[2367][0-7]{3}\b|\S*[+=][rwxXt]*s)/;

/** The directory that an operation writes into; it stays as it is if it exists. */
export function rootOf(operation: FileOperation, mergesFolder: boolean): string {
  switch (operation.op) {
    case "copy":
      return operation.into || mergesFolder ? operation.dest : parentPath(operation.dest);
    case "add":
      return operation.into ? operation.dest : parentPath(operation.dest);
    case "mkdir":
      return operation.ifMissing ? operation.path : parentPath(operation.path);
    default:
      return parentPath(operation.path);
  }
}

/** An operation that only brings things. */
export type BringOperation = Exclude<FileOperation, { op: "remove" | "chmod" | "chown" }>;

/** True when an operation only brings things. */
export function isBring(operation: Operation): operation is BringOperation {
  return !["run", "hostRun", "remove", "chmod", "chown"].includes(operation.op);
}

/** True when a copy merges the contents of a directory, as far as that is known. */
export function mergesFolder(draft: StageDraft, operation: BringOperation): boolean {
  if (operation.op !== "copy" || operation.executable) return false;
  return operation.sources.some((source) => {
    if (source.from === "context") return source.found?.shape === "folder";
    const stage = draft.emission.stages.get(source.stage);
    return stage?.tree.at(source.path).kind === "folder";
  });
}
