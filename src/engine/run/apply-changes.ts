import { sha256Hex } from "../../core/sha256.js";
import type { IndexedEntry, LayerIndex } from "../../layer/layer-index.js";
import { entryNode } from "../../layer/node-of-entry.js";
import { readFileNode } from "../../layer/read-node.js";
import { sameAttributes } from "../../layer/same-node.js";
import { lookup } from "../../layer/tree.js";
import type { FileNode, FolderNode, LayerBytes, TreeNode } from "../../layer/tree-node.js";
import { walk } from "../../layer/walk.js";
import type { DraftTree } from "../draft-tree.js";

/** What a command changed, as a tar in the form of overlayfs. */
export interface CommandChanges {
  readonly index: LayerIndex;
  readonly bytes: LayerBytes;
  /** All paths that are there, where the tar does not say what is gone. */
  readonly present?: ReadonlySet<string> | undefined;
  /** Paths that the sandbox made, the deepest first. */
  readonly stubs: readonly string[];
}

const OPAQUE = ["trusted.overlay.opaque", "user.overlay.opaque"];

/** Attributes that belong to the sandbox's own file system. */
const BOOKKEEPING = /^(?:trusted|user)\.overlay\./;

/** Carries out on a draft what a command did. What was touched and is the same stays as it was below. */
export async function applyChanges(draft: DraftTree, changes: CommandChanges): Promise<void> {
  const entries = withoutStubs(changes);
  for (const { entry, offset } of entries) {
    const { path } = entry;
    if (path === "") {
      if (entry.type === "folder") setFolder(draft, path, entryNode({ entry, offset }) as FolderNode);
      continue;
    }
    if (entry.type === "character-device" && entry.devmajor === 0 && entry.devminor === 0) {
      draft.remove(path);
      continue;
    }
    const existing = lookup(draft.tree, path);
    if (entry.type === "hardlink") {
      const target = lookup(draft.tree, normal(entry.linkname ?? ""));
      if (target === undefined || target.type === "folder" || target === existing) continue;
      draft.hasLinks = true;
      draft.set(path, target);
      continue;
    }
    const node = withoutBookkeeping(entryNode({ entry, offset }, changes.bytes));
    if (node.type === "folder") {
      const opaque = OPAQUE.some((name) => entry.xattrs?.[name]?.[0] === 0x79);
      if (existing?.type === "folder" && !opaque) setFolder(draft, path, node);
      else {
        const fresh = draft.freshFolder(node.mode, node.uid, node.gid);
        fresh.xattrs = node.xattrs;
        draft.set(path, fresh);
      }
    } else if (existing === undefined || !(await sameThing(existing, node))) draft.set(path, node);
  }
  if (changes.present !== undefined) removeAbsent(draft, changes.present);
}

function setFolder(draft: DraftTree, path: string, node: FolderNode): void {
  const existing = lookup(draft.tree, path);
  const { mode, uid, gid, xattrs } = withoutBookkeeping(node);
  if (existing !== undefined && sameAttributes(existing, { mode, uid, gid, xattrs })) return;
  const folder = draft.writable(path);
  Object.assign(folder, { mode, uid, gid, xattrs });
}

function withoutBookkeeping<Node extends TreeNode>(node: Node): Node {
  if (node.xattrs === undefined) return node;
  const kept = Object.entries(node.xattrs).filter(([name]) => !BOOKKEEPING.test(name));
  return { ...node, xattrs: kept.length === 0 ? undefined : Object.fromEntries(kept) };
}

/** A file that was written again with what it held, or opened for writing and left, is no change. */
async function sameThing(below: TreeNode, node: TreeNode): Promise<boolean> {
  if (below.type !== node.type || !sameAttributes(below, node)) return false;
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

function withoutStubs({ index, stubs }: CommandChanges): readonly IndexedEntry[] {
  const paths = new Map<string, IndexedEntry>();
  const entries = index.entries.map(({ entry, offset }) => ({
    entry: { ...entry, path: normal(entry.path) },
    offset,
  }));
  if (stubs.length === 0) return entries;
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

function removeAbsent(draft: DraftTree, present: ReadonlySet<string>): void {
  for (const [path] of [...walk(draft.tree)]) {
    if (!present.has(path) && lookup(draft.tree, path) !== undefined) draft.remove(path);
  }
}

/** Paths as `tar -C FOLDER .` writes them, without the `./` at the start and the slash at the end. */
function normal(path: string): string {
  return path.replace(/^\.(?:\/|$)/, "").replace(/\/$/, "");
}
