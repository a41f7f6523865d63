import { sha256Hex } from "../../core/bytes.js";
import { PlanError } from "../../errors/layerwright-error.js";
import { isBookkeeping } from "../../layer/entry-of-node.js";
import type { IndexedEntry, LayerIndex } from "../../layer/layer-index.js";
import { entryNode } from "../../layer/node-of-entry.js";
import { readFileNode } from "../../layer/read-node.js";
import { sameAttributes } from "../../layer/same-node.js";
import { lookup } from "../../layer/tree.js";
import type { FileNode, FolderNode, LayerBytes, TreeNode } from "../../layer/tree-node.js";
import type { DraftTree } from "../draft-tree.js";
import { changedEntries } from "./changed-entries.js";
import { HiddenFolders } from "./hidden-folders.js";

/** What a command changed, as a tar in the form of overlayfs. */
export interface CommandChanges {
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
