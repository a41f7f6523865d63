import type { IndexedEntry, LayerIndex } from "../../archive/layer-index.js";
import type { LayerBytes } from "../../archive/open-layer.js";
import type { TarEntry } from "../../archive/tar-entry.js";
import { sha256Hex } from "../../core/bytes.js";
import { PlanError } from "../../errors/layerwright-error.js";
import { entryNode } from "../../rootfs/apply-layer.js";
import { sameAttributes } from "../../rootfs/difference.js";
import type { DraftTree } from "../../rootfs/draft-tree.js";
import { isBookkeeping } from "../../rootfs/entries.js";
import { readFileNode } from "../../rootfs/read-node.js";
import { type FileNode, type FolderNode, joinPath, lookup, type TreeNode } from "../../rootfs/tree.js";

/** The changes of a command, as a tar in the form of overlayfs. */
interface CommandChanges {
  /** Paths that are known to be as they were below; without it contents are compared. */
  readonly unchanged?: readonly string[] | undefined;
  readonly index: LayerIndex;
  readonly bytes: LayerBytes;
  /** Paths that it removed, where the tar does not say so; the highest first. */
  readonly gone?: readonly string[] | undefined;
  /** Paths that the sandbox made, the deepest first. */
  readonly stubs: readonly string[];
}

/** In a layer such a name removes another one. */
const RESERVED = /(?:^|\/)\.wh\.[^/]*$/;

/**
 * Carries out on a draft what a command did. What was touched and is the same stays as it was below: gives the paths
 * of that.
 */
export async function applyChanges(draft: DraftTree, changes: CommandChanges): Promise<readonly string[]> {
  const known = changes.unchanged === undefined ? undefined : new Set(changes.unchanged);
  const unchanged: string[] = [];
  const entries = changedEntries(changes.index.entries, changes.stubs);
  const names = namesByTarget(entries);
  const hidden = new HiddenFolders(draft, entries);
  for (const { entry, offset } of entries) {
    const { path } = entry;
    if (RESERVED.test(path)) throw new PlanError("RUN_NAME_RESERVED", { path }, { subject: path });
    const existing = lookup(draft.tree, path);
    if (entry.type === "character-device" && entry.devmajor === 0 && entry.devminor === 0) draft.remove(path);
    else if (entry.type === "hardlink") {
      const target = lookup(draft.tree, entry.linkname ?? "");
      if (target === undefined || target.type === "folder" || target === existing) continue;
      draft.hasLinks = true;
      draft.set(path, target);
    } else {
      const node = withoutBookkeeping(entryNode({ entry, offset }, changes.bytes));
      if (node.type === "folder") {
        hidden.enter(entry, existing);
        setFolder(draft, path, node, existing);
        continue;
      }
      const same =
        known?.has(path) ??
        (existing !== undefined && (await sameThing(existing, node, names.get(path), draft)));
      if (same) unchanged.push(path);
      else draft.set(path, node);
    }
  }
  for (const path of changes.gone ?? []) if (lookup(draft.tree, path) !== undefined) draft.remove(path);
  return unchanged;
}

/** The further names of each file that has several. */
function namesByTarget(entries: readonly IndexedEntry[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const { entry } of entries) {
    if (entry.type !== "hardlink") continue;
    const { path, linkname = "" } = entry;
    const known = names.get(linkname);
    if (known === undefined) names.set(linkname, [path]);
    else known.push(path);
  }
  return names;
}

function setFolder(draft: DraftTree, path: string, node: FolderNode, existing: TreeNode | undefined): void {
  const { mode, uid, gid, xattrs } = node;
  if (existing?.type !== "folder") {
    const fresh = draft.freshFolder(mode, uid, gid);
    fresh.xattrs = xattrs;
    draft.set(path, fresh);
  } else if (!sameAttributes(existing, node)) Object.assign(draft.writable(path), { mode, uid, gid, xattrs });
}

function withoutBookkeeping<Node extends TreeNode>(node: Node): Node {
  if (node.xattrs === undefined) return node;
  const kept = Object.entries(node.xattrs).filter(([name]) => !isBookkeeping(name));
  return { ...node, xattrs: kept.length === 0 ? undefined : Object.fromEntries(kept) };
}

/** A file that was written again with what it held, or opened for writing and left, is no change. */
async function sameThing(
  below: TreeNode,
  node: TreeNode,
  names: readonly string[] | undefined,
  draft: DraftTree,
): Promise<boolean> {
  if (below.type !== node.type || !sameAttributes(below, node)) return false;
  // A name more is a change of the file: a layer tells the names of one file together.
  if (names?.some((name) => lookup(draft.tree, name) !== below)) return false;
  if (node.type === "symlink") return below.type === "symlink" && below.target === node.target;
  if (node.type === "file") return below.type === "file" && (await sameBytes(below, node));
  return (
    "devmajor" in node &&
    "devmajor" in below &&
    node.devmajor === below.devmajor &&
    node.devminor === below.devminor
  );
}

/** Larger files are taken as changed: to find out would need them whole in memory. */
const COMPARED = 64 << 20;

async function sameBytes(left: FileNode, right: FileNode): Promise<boolean> {
  if (left.size !== right.size || left.size > COMPARED) return false;
  return sha256Hex(await readFileNode(left)) === sha256Hex(await readFileNode(right));
}

/** The entries of a command's changes, paths as a tree has them, without what the sandbox made for itself. */
export function changedEntries(
  indexed: readonly IndexedEntry[],
  stubs: readonly string[],
): readonly IndexedEntry[] {
  const entries = indexed.map(({ entry, offset }) => ({
    entry: {
      ...entry,
      path: normal(entry.path),
      ...(entry.type === "hardlink" ? { linkname: normal(entry.linkname ?? "") } : {}),
    },
    offset,
  }));
  return stubs.length === 0 ? entries : withoutStubs(entries, stubs);
}

/** A mount point that is still empty is the sandbox's own; in any other the command left something beside the mount. */
function withoutStubs(entries: readonly IndexedEntry[], stubs: readonly string[]): readonly IndexedEntry[] {
  const paths = new Map<string, IndexedEntry>();
  const children = new Map<string, number>();
  const count = (path: string, by: number) => {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    children.set(parent, (children.get(parent) ?? 0) + by);
  };
  for (const indexed of entries) {
    paths.set(indexed.entry.path, indexed);
    if (indexed.entry.path !== "") count(indexed.entry.path, 1);
  }
  const dropped = new Set<string>();
  for (const stub of stubs) {
    const entry = paths.get(stub)?.entry;
    const empty =
      entry?.type === "folder" ? (children.get(stub) ?? 0) === 0 : entry?.type === "file" && entry.size === 0;
    if (!empty) continue;
    dropped.add(stub);
    count(stub, -1);
  }
  return entries.filter(({ entry }) => !dropped.has(entry.path));
}

/** Paths as `tar -C FOLDER .` writes them, without the `./` at the start and the slash at the end. */
function normal(path: string): string {
  return path.replace(/^\.(?:\/|$)/, "").replace(/\/$/, "");
}

const OPAQUE = ["trusted.overlay.opaque", "user.overlay.opaque"];
const YES = 0x79;

/**
 * Directories that hide all that was in them below: what the changes do not name again is removed by its name. So a
 * directory that was removed and made anew, or moved away and back, costs no more than what is different in it.
 */
class HiddenFolders {
  readonly #draft: DraftTree;
  /** The names in each directory of the changes. */
  readonly #names = new Map<string, Set<string>>();
  readonly #hidden = new Set<string>();

  constructor(draft: DraftTree, entries: readonly IndexedEntry[]) {
    this.#draft = draft;
    if (!entries.some(({ entry }) => isOpaque(entry))) return;
    for (const { entry } of entries) {
      const { folder, name } = split(entry.path);
      const names = this.#names.get(folder);
      if (names === undefined) this.#names.set(folder, new Set([name]));
      else names.add(name);
    }
  }

  /** Removes what is hidden by a directory of the changes; its parents were entered before it. */
  enter(entry: TarEntry, existing: TreeNode | undefined): void {
    const { path } = entry;
    if (!isOpaque(entry) && !(path !== "" && this.#hidden.has(split(path).folder))) return;
    this.#hidden.add(path);
    if (existing?.type !== "folder") return;
    const named = this.#names.get(path);
    for (const name of [...existing.children.keys()])
      if (named?.has(name) !== true) this.#draft.remove(joinPath(path, name));
  }
}

function isOpaque({ type, xattrs }: TarEntry): boolean {
  return type === "folder" && OPAQUE.some((name) => xattrs?.[name]?.[0] === YES);
}

function split(path: string): { readonly folder: string; readonly name: string } {
  const cut = path.lastIndexOf("/");
  return { folder: path.slice(0, Math.max(cut, 0)), name: path.slice(cut + 1) };
}
