import { isWithin, parentPath } from "../core/posix-path.js";
import { PlanError } from "../errors/layerwright-error.js";
import { modeAfter } from "../image/mode.js";
import type { CopyOperation } from "../plan/operation.js";
import { impliesDirectory } from "../plan/operation.js";
import type { StageDraft } from "./draft.js";
import { copyPieces, emitPiece } from "./emit-copy.js";
import { emitAdd, emitMkdir, emitSymlink, emitWrite, layFolder } from "./emit-files.js";
import { mayEnter, slashed } from "./flags.js";
import { copiedFolders, enters, type Fact, isFolder, type KnownTree } from "./known-tree.js";
import type { BringOperation } from "./layer-effects.js";
import { mergesFolder, noteAccounts, noteEffects, rootOf } from "./layer-effects.js";

/** Writes operations that bring files as exactly one layer, and notes what they did. */
export function writeLayer(draft: StageDraft, all: readonly BringOperation[]): void {
  const operations = withoutImplied(draft, all);
  const [first] = operations;
  if (first === undefined) return;
  if (operations.length === 1 && !inheritsGroup(draft, targetRoot(draft, first))) {
    emitOne(draft, first);
  } else if (isLateFolder(draft, operations)) {
    // The directory may exist or not, which only a step of its own can leave open.
    writeLayer(draft, [first]);
    writeLayer(draft, operations.slice(1));
    return;
  } else {
    const layout = layoutOf(draft, operations);
    if (layout.unknown.length > 0) {
      throw new PlanError(
        "FOLDERS_UNKNOWN",
        { folders: layout.unknown, base: draft.real.baseLabel },
        { subject: layout.unknown[0], origin: first.origin },
      );
    }
    writePrep(draft, layout);
  }
  for (const operation of all) noteEffects(draft, operation);
}

/** The operations of a layer without the directory of a `workdir` that is there, or that all others make anyway. */
function withoutImplied(draft: StageDraft, operations: readonly BringOperation[]): readonly BringOperation[] {
  const [first, ...others] = operations;
  if (first?.op !== "mkdir" || others.length === 0) return operations;
  if (first.ifMissing === true && isFolder(draft.tree.at(draft.tree.real(first.path, true)))) return others;
  return others.every((operation) => impliesDirectory(operation, first)) ? others : operations;
}

/**
 * True when a layer begins with a working directory that gets an owner if it is missing, and it is unknown whether it
 * is.
 */
function isLateFolder(draft: StageDraft, operations: readonly BringOperation[]): boolean {
  const [first] = operations;
  if (first?.op !== "mkdir" || !first.ifMissing || first.owner === undefined || draft.isPrep) return false;
  return draft.tree.at(draft.tree.real(first.path, true)).kind === "unknown";
}

function emitOne(draft: StageDraft, operation: BringOperation): void {
  switch (operation.op) {
    case "copy": {
      const pieces = copyPieces(draft, operation);
      const [only] = pieces;
      if (pieces.length === 1 && only !== undefined) emitPiece(draft, only);
      else
        writeLayer(
          draft,
          pieces.map((piece) => piece.operation),
        );
      break;
    }
    case "write":
      emitWrite(draft, operation);
      break;
    case "mkdir":
      emitMkdir(draft, operation);
      break;
    case "symlink":
      emitSymlink(draft, operation);
      break;
    case "add":
      emitAdd(draft, operation);
      break;
  }
}

/** A layer's tree in a stage of its own, and the one directory that is copied from it. */
interface Layout {
  /** The deepest directory that all of it lies in; left alone where it exists. */
  readonly root: string;
  /** Directories below the root that exist, and have to be laid out as they are: a copy would overwrite them. */
  readonly existing: ReadonlyMap<string, Extract<Fact, { kind: "folder" }>>;
  readonly unknown: readonly string[];
  readonly operations: readonly BringOperation[];
}

function layoutOf(draft: StageDraft, operations: readonly BringOperation[]): Layout {
  // The model moves with the operations, so that what one of them made is known to the next.
  const tree = draft.tree.clone();
  const moved = operations.map((operation) => {
    const real = throughLinks(tree, operation);
    if (real.op === "symlink") tree.set(real.path, { kind: "symlink", target: real.target });
    return real;
  });
  const roots = moved.map((operation) => rootOf(operation, mergesFolder(draft, operation)));
  const common = roots.reduce((left, right) => commonFolder(left, right));
  const looks = moved.some((operation) => operation.op !== "write" && givesLook(draft, operation, common));
  const top = draft.tree.at(common).kind;
  // The directory that is copied into is made as root's 0755; one that is to look otherwise has to lie inside.
  let root = looks && !isFolder(draft.tree.at(common)) ? parentPath(common) : common;
  // What is copied from the prep stage keeps its mode; only a directory that the copy itself makes would inherit.
  if (inheritsGroup(draft, root)) while (draft.tree.at(root).kind === "absent") root = parentPath(root);
  const existing = new Map<string, Extract<Fact, { kind: "folder" }>>();
  const unknown = new Set<string>();
  const made = new Set<string>();
  if (root !== common && top === "unknown") unknown.add(common);
  for (const [index, operation] of moved.entries()) {
    for (const folder of foldersBetween(root, roots[index]!)) {
      if (made.has(folder)) continue;
      const fact = draft.tree.at(folder);
      if (fact.kind === "folder") existing.set(folder, fact);
      else if (fact.kind === "unknown") unknown.add(folder);
    }
    // After a command a shell can look whether a file goes into a directory.
    const enterable = (operation.op === "copy" || operation.op === "add") && !mergesFolder(draft, operation);
    if (enterable && draft.shellSeen && mayEnter(draft, operation)) unknown.add(operation.dest);
    if (operation.op === "mkdir" && !operation.ifMissing) made.add(operation.path);
    // Those take the place of what is there, with attributes of their own.
    if (operation.op === "copy") for (const folder of copiedFolders(operation)) made.add(folder);
  }
  return { root, existing, unknown: [...unknown], operations: moved };
}

/** The directory that an operation puts things in, links followed. */
function targetRoot(draft: StageDraft, operation: BringOperation): string {
  return rootOf(throughLinks(draft.tree, operation), mergesFolder(draft, operation));
}

/**
 * True when builders might make a directory for an operation with the group and setgid of one that a command has left
 * uncertain. Only a script can look.
 */
export function mayInheritGroup(draft: StageDraft, operation: BringOperation): boolean {
  return draft.tree.mayInherit(targetRoot(draft, operation));
}

/** True when a directory that is missing would be made below one with setgid: BuildKit hands the group and bit on. */
function inheritsGroup(draft: StageDraft, folder: string): boolean {
  if (draft.tree.at(folder).kind !== "absent") return false;
  let above = parentPath(folder);
  while (draft.tree.at(above).kind === "absent") above = parentPath(above);
  const fact = draft.tree.at(above);
  return fact.kind === "folder" && (fact.mode & 0o2000) !== 0;
}

function writePrep(draft: StageDraft, layout: Layout): void {
  const { root } = layout;
  const prep = draft.prep(root);
  const inherits = [...layout.existing.values()].some((fact) => (fact.mode & 0o2000) !== 0);
  for (const [path, fact] of [...layout.existing].sort(([a], [b]) => (a < b ? -1 : 1))) {
    layFolder(prep, path, { mode: fact.mode, owner: `${fact.uid}:${fact.gid}` });
  }
  for (const operation of layout.operations) {
    // A new directory below one with setgid would inherit the bit.
    // And names of accounts that the stage brings can be given where the directory is there.
    if (inherits || prep.canName)
      layMissingParents(prep, rootOf({ ...operation, into: false } as BringOperation, false));
    writeLayer(prep, [operation]);
    noteAccounts(draft.real, operation);
  }
  prep.finish();
  const link = linkable(draft, layout) ? { link: true } : {};
  draft.add({
    kind: "copy",
    flags: { from: prep.name, ...link },
    sources: [slashed(root)],
    dest: slashed(root),
  });
}

function layMissingParents(prep: StageDraft, folder: string): void {
  if (folder === "/" || prep.tree.at(folder).kind !== "absent") return;
  layFolder(prep, folder, { mode: 0o755 });
}

/** All directories on the way are laid out, so nothing is lost by not looking at what is below. */
function linkable(draft: StageDraft, { root }: Layout): boolean {
  return draft.emission.dialect.link && !draft.isPrep && root === "/";
}

/** True when an operation makes this directory, where it is new, as something else than root's 0755. */
function givesLook(draft: StageDraft, operation: BringOperation, folder: string): boolean {
  if (operation.op === "mkdir") {
    return (
      operation.path === folder &&
      (operation.owner !== undefined || modeAfter(operation.mode, 0o755, true) !== 0o755)
    );
  }
  if (operation.op !== "copy" || operation.dest !== folder || !mergesFolder(draft, operation)) return false;
  return operation.owner !== undefined || modeAfter(operation.mode, 0o755, true) !== 0o755;
}

/** The operation with the links on the way to its destination followed, as far as they are known. */
function throughLinks(tree: KnownTree, operation: BringOperation): BringOperation {
  if (operation.op === "copy" || operation.op === "add") {
    const into = operation.into || enters(tree, operation);
    return { ...operation, into, dest: tree.real(operation.dest, true) } as CopyOperation;
  }
  return {
    ...operation,
    path: tree.real(operation.path, operation.op === "mkdir" || operation.op === "write"),
  };
}

function commonFolder(left: string, right: string): string {
  let folder = left;
  while (!isWithin(right, folder)) folder = parentPath(folder);
  return folder;
}

/** The directories strictly below `root` on the way to `folder`, itself included, from the top. */
function foldersBetween(root: string, folder: string): string[] {
  const folders: string[] = [];
  for (let path = folder; path !== root && path !== "/"; path = parentPath(path)) folders.unshift(path);
  return folders;
}
