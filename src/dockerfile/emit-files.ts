import { baseName, parentPath } from "../core/posix-path.js";
import { PlanError } from "../errors/layerwright-error.js";
import { modeAfter } from "../image/mode.js";
import type { Owner } from "../image/owner.js";
import {
  type AddOperation,
  contentsBytes,
  downloadName,
  type MkdirOperation,
  notLocked,
  type SymlinkOperation,
  type WriteOperation,
} from "../plan/operation.js";
import type { StageDraft } from "./draft.js";
import { isRoot } from "./emit-config.js";
import {
  linkFlag,
  mayEnter,
  OUT,
  type OwnerFlag,
  octalText,
  ownerFlag,
  sideStage,
  slashed,
  sparesNewFolders,
} from "./flags.js";
import type { CopyFlags, Instruction } from "./instruction.js";
import { enters, isFolder } from "./known-tree.js";
import { fitsHeredoc, isPlainPath, literalPattern } from "./quoting.js";

/** Longer texts make a Dockerfile hard to read; they become generated files. */
const LONGEST_TEXT = 16 * 1024;

type Placed = WriteOperation | MkdirOperation | SymlinkOperation | AddOperation;

/** The owner of something new: root where none is named, so that no flag is needed. */
function ownerOf(draft: StageDraft, owner: Owner | undefined, operation: Placed): OwnerFlag | undefined {
  if (owner === undefined) return undefined;
  const flag = ownerFlag(draft, owner, operation.origin);
  return flag.text === "0:0" ? undefined : flag;
}

/**
 * Puts one thing below a directory: at once where the flags reach nothing else, else through a side stage from which a
 * plain COPY keeps mode and owner.
 */
function place(
  draft: StageDraft,
  folder: string,
  flags: CopyFlags,
  owner: OwnerFlag | undefined,
  write: (stage: StageDraft, flags: CopyFlags, at: string | undefined) => void,
  copy: { readonly path: string; readonly source: string; readonly dest: string },
  link: (flags: CopyFlags) => CopyFlags = (all) => linkFlag(draft, folder, all),
): void {
  const harmless = owner === undefined && sparesNewFolders(flags.chmod);
  const there = isFolder(draft.tree.at(draft.tree.real(folder, true)));
  if ((harmless || there) && (!owner?.byName || draft.canName)) {
    write(draft, { ...flags, ...link(flags) }, undefined);
    return;
  }
  const side = sideStage(draft, copy.path, owner);
  write(side, flags, OUT);
  side.finish();
  draft.add({
    kind: "copy",
    flags: { from: side.name, ...link({}) },
    sources: [copy.source],
    dest: copy.dest,
  });
}

/** Writes a file of the description: as a here-document where that is exact, else from a generated file. */
export function emitWrite(draft: StageDraft, operation: WriteOperation): void {
  const { contents } = operation;
  // Builders do not agree on a link in the place of the file, so the file that it points to is named.
  const path = draft.tree.real(operation.path, true);
  const { emission } = draft;
  const mode = modeAfter(operation.mode, 0o644, false);
  const owner = ownerOf(draft, operation.owner, operation);
  const flags: CopyFlags = {
    ...(mode === 0o644 ? {} : { chmod: octalText(mode) }),
    ...(owner === undefined ? {} : { chown: owner.text }),
  };
  const { text } = contents;
  const write = (stage: StageDraft, all: CopyFlags, at: string | undefined): void => {
    const dest = at ?? path;
    if (
      emission.dialect.heredoc &&
      text !== undefined &&
      fitsHeredoc(text, LONGEST_TEXT) &&
      isPlainPath(dest)
    ) {
      stage.add({ kind: "copy-text", flags: all, text, dest });
      return;
    }
    const bytes = contentsBytes(contents);
    const source = emission.generatedSource(emission.files.file(bytes));
    const from = source.from === undefined ? {} : { from: source.from };
    stage.add({ kind: "copy", flags: { ...from, ...all }, sources: [source.path], dest });
  };
  place(draft, parentPath(path), flags, owner, write, { path, source: OUT, dest: path });
}

/** Makes a directory, or with `ifMissing` only where there is none. */
export function emitMkdir(draft: StageDraft, operation: MkdirOperation): void {
  const { path } = operation;
  const real = draft.tree.real(path, true);
  const fact = draft.tree.at(real);
  const mode = modeAfter(operation.mode, 0o755, true);
  const owner = ownerOf(draft, operation.owner, operation);
  if (operation.ifMissing && isFolder(fact)) return;
  // A directory that is so already makes no layer.
  if (fact.kind === "folder" && fact.mode === mode && ownedBy(fact, owner)) return;
  if (path === "/") {
    const reason = "is the root of the image, whose mode and owner are the base's";
    throw new PlanError(
      "NOT_EXPRESSIBLE",
      { field: "mkdir", reason },
      { subject: path, origin: operation.origin },
    );
  }
  if (operation.ifMissing && isFolderOfWorkdir(draft, operation, real)) {
    draft.add({ kind: "workdir", value: path });
    draft.config.workdir = path;
    return;
  }
  if (operation.ifMissing && fact.kind === "unknown") {
    if (mode === 0o755 && owner === undefined) copyFolderEntry(draft, real);
    else makeMissingFolder(draft, operation, real, owner, mode);
    return;
  }
  const parent = parentPath(real);
  const look = { mode, owner: owner?.text };
  const flags = {
    ...(mode === 0o755 ? {} : { chmod: octalText(mode) }),
    ...(owner === undefined ? {} : { chown: owner.text }),
  };
  const write = (stage: StageDraft, _: CopyFlags, at: string | undefined): void =>
    copyFolder(stage, at === undefined ? real : `${at}/${baseName(real)}`, look);
  place(draft, parent, flags, owner, write, { path, source: `${OUT}/`, dest: slashed(parent) });
}

/**
 * True when a WORKDIR here makes the directory and its parents as they should be: the current user is root and nothing
 * else.
 */
function isFolderOfWorkdir(draft: StageDraft, operation: MkdirOperation, real: string): boolean {
  if (!draft.emission.dialect.workdirMakesFolder || draft.isPrep || draft.baseConfig === undefined)
    return false;
  if (real !== operation.path || !/^[A-Za-z0-9_.@+/-]+$/.test(real)) return false;
  const plain = operation.owner === undefined && modeAfter(operation.mode, 0o755, true) === 0o755;
  return plain && isRoot(draft.config.user ?? draft.baseConfig.User);
}

function ownedBy(
  fact: { readonly uid: number; readonly gid: number },
  owner: OwnerFlag | undefined,
): boolean {
  return `${fact.uid}:${fact.gid}` === (owner?.text ?? "0:0");
}

/**
 * A directory that is to belong to somebody where it is missing and to stay as it is where it exists, and nobody knows
 * which: WORKDIR does just that for the current user. Its parents are root's, so they are made before.
 */
function makeMissingFolder(
  draft: StageDraft,
  operation: MkdirOperation,
  path: string,
  owner: OwnerFlag | undefined,
  mode: number,
): void {
  const parent = parentPath(path);
  const isParentThere = isFolder(draft.tree.at(parent));
  const { workdirMakesFolder } = draft.emission.dialect;
  // A parent would be a layer of its own, which a shell spares.
  const isLayerMore = !isParentThere && draft.shellSeen && draft.tree.wasAbsent(parent);
  if (!workdirMakesFolder || draft.isPrep || mode !== 0o755 || owner === undefined || isLayerMore) {
    throw new PlanError(
      "FOLDERS_UNKNOWN",
      { folders: [path], base: draft.real.baseLabel },
      { subject: path, origin: operation.origin },
    );
  }
  if (!isParentThere) copyFolderEntry(draft, parent);
  if (draft.config.user !== owner.text) draft.add({ kind: "user", value: owner.text });
  draft.config.user = owner.text;
  draft.add({ kind: "workdir", value: path });
  draft.config.workdir = path;
}

/** Makes a link: a generated directory that holds just it is copied, since COPY follows a link it is given by name. */
export function emitSymlink(draft: StageDraft, operation: SymlinkOperation): void {
  const { path, target } = operation;
  const { emission } = draft;
  const owner = ownerOf(draft, operation.owner, operation);
  const source = emission.generatedSource(emission.files.link(baseName(path), target));
  const from = source.from === undefined ? {} : { from: source.from };
  const parent = parentPath(path);
  const write = (stage: StageDraft, flags: CopyFlags, at: string | undefined): void =>
    stage.add({
      kind: "copy",
      flags: { ...from, ...flags },
      sources: [`${source.path}/`],
      dest: slashed(at ?? parent),
    });
  const flags = owner === undefined ? {} : { chown: owner.text };
  place(draft, parent, flags, owner, write, { path, source: `${OUT}/`, dest: slashed(parent) });
}

/** Fetches a file and has the builder verify it. */
export function emitAdd(draft: StageDraft, operation: AddOperation): void {
  const { url, sha256, origin } = operation;
  const into = operation.into || enters(draft.tree, operation);
  const dest = into ? operation.dest : draft.tree.real(operation.dest, true);
  const { dialect } = draft.emission;
  if (!dialect.checksum) {
    const way = "use the buildkit dialect, or fetch the file before the build and copy it";
    throw new PlanError(
      "DIALECT_CANNOT",
      { what: "the sha256 of an added URL", dialect: dialect.name, way },
      { subject: url, origin },
    );
  }
  if (sha256 === undefined) throw notLocked(operation);
  const message =
    "ADD --checksum needs Dockerfile front end 1.6 (Docker 24) or newer; an older one refuses it";
  draft.emission.warn({ code: "NEEDS_FRONTEND", message, ...(origin === undefined ? {} : { origin }) });
  const owner = ownerOf(draft, operation.owner, operation);
  const mode = modeAfter(operation.mode, 0o600, false);
  const flags: CopyFlags = {
    ...(mode === 0o600 ? {} : { chmod: octalText(mode) }),
    ...(owner === undefined ? {} : { chown: owner.text }),
  };
  const target = into ? slashed(dest) : dest;
  // It keeps its name: the destination may be a directory, which it then goes into.
  const name = downloadName(url);
  const write = (stage: StageDraft, all: CopyFlags, at: string | undefined): void => {
    const add: Instruction = {
      kind: "add",
      flags: all,
      checksum: `sha256:${sha256}`,
      source: url,
      dest: at === undefined ? target : into ? slashed(at) : `${at}/${name}`,
    };
    stage.add(add);
  };
  const folder = into ? dest : parentPath(dest);
  const copied = { path: dest, source: into ? `${OUT}/` : literalPattern(`${OUT}/${name}`), dest: target };
  const enterable = mayEnter(draft, operation);
  place(draft, folder, flags, owner, write, copied, (all) => (enterable ? {} : linkFlag(draft, folder, all)));
}

/** The mode and owner that a directory is to get. */
interface FolderLook {
  readonly mode: number;
  /** `--chown` text; root's without. */
  readonly owner?: string | undefined;
}

/**
 * Makes a directory with exactly this mode and owner, in a stage where its parent may be new: parents first, each as
 * root's 0755. One that exists is changed.
 */
export function layFolder(draft: StageDraft, path: string, look: FolderLook): void {
  if (path === "/") return;
  const parent = parentPath(path);
  if (!isFolder(draft.tree.at(parent))) layFolder(draft, parent, { mode: 0o755 });
  copyFolder(draft, path, look);
  const [uid = 0, gid = 0] = (look.owner ?? "0:0").split(":").map(Number);
  draft.tree.setNewFolder(path, { kind: "folder", mode: look.mode, uid, gid });
}

/** The one COPY for a directory below a parent that is there, or that may be made as root's 0755. */
export function copyFolder(draft: StageDraft, path: string, look: FolderLook): void {
  const source = draft.emission.folders.holding(baseName(path));
  const parent = parentPath(path);
  const flags = {
    ...(look.mode === 0o755 ? {} : { chmod: octalText(look.mode) }),
    ...(look.owner === undefined || look.owner === "0:0" ? {} : { chown: look.owner }),
  };
  const from = source.from === undefined ? {} : { from: source.from };
  draft.add({
    kind: "copy",
    flags: { ...from, ...flags, ...linkFlag(draft, parent, flags) },
    sources: [`${source.path}/`],
    dest: parent === "/" ? "/" : `${parent}/`,
  });
}

/** Makes a directory as root's 0755 only where it is missing. */
export function copyFolderEntry(draft: StageDraft, path: string): void {
  const source = draft.emission.folders.holding(baseName(path));
  const from = source.from === undefined ? {} : { from: source.from };
  draft.add({
    kind: "copy",
    flags: { ...from, ...linkFlag(draft, path, {}) },
    sources: [`${source.path}/${baseName(path)}/`],
    dest: `${path}/`,
  });
  draft.tree.addParents(path);
  if (draft.tree.at(path).kind === "absent") draft.tree.setNewFolder(path);
}
