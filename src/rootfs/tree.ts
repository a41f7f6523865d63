import type { LayerBytes } from "../archive/open-layer.js";
import type { EntryContent } from "../archive/tar-entry.js";
import { sortByBytes } from "../core/bytes.js";

/** Content of a file inside a layer below: an offset in the layer's plain tar, counted from the tar's start. */
interface LayerContent {
  readonly kind: "layer";
  readonly layer: LayerBytes;
  readonly offset: number;
}

/** The place of a file's bytes. */
export type NodeContent = EntryContent | LayerContent;

interface NodeAttributes {
  mode: number;
  uid: number;
  gid: number;
  /** Whole seconds since the epoch. */
  mtime: number;
  xattrs?: Readonly<Record<string, Uint8Array>> | undefined;
}

/** A directory and what is in it. The names are single components (see core/bytes.ts for odd bytes). */
export interface FolderNode extends NodeAttributes {
  readonly type: "folder";
  readonly children: Map<string, TreeNode>;
}

/** A file. Hard links are several names that hold the SAME object. */
export interface FileNode extends NodeAttributes {
  readonly type: "file";
  readonly size: number;
  readonly content: NodeContent;
}

/** A symbolic link, never followed on the host. */
export interface SymlinkNode extends NodeAttributes {
  readonly type: "symlink";
  readonly target: string;
}

/** A device or pipe: carried along, never created on the host. */
interface SpecialNode extends NodeAttributes {
  readonly type: "character-device" | "block-device" | "fifo";
  readonly devmajor: number;
  readonly devminor: number;
}

/** One inode of a root file system that is held as data. */
export type TreeNode = FolderNode | FileNode | SymlinkNode | SpecialNode;

/** A new root file system without anything in it: a root directory of mode 0755 that belongs to 0:0. */
export function emptyTree(): FolderNode {
  return newFolder();
}

/** A directory as it comes into being when only something below it was named: mode 0755, owner 0:0, mtime 0. */
export function newFolder(): FolderNode {
  return { type: "folder", mode: 0o755, uid: 0, gid: 0, mtime: 0, children: new Map() };
}

/** The node at a path, with no symbolic link followed; undefined where there is none. `""` and `"/"` are the root. */
export function lookup(tree: FolderNode, path: string): TreeNode | undefined {
  let node: TreeNode = tree;
  for (const name of pathComponents(path)) {
    if (node.type !== "folder") return undefined;
    const child = node.children.get(name);
    if (child === undefined) return undefined;
    node = child;
  }
  return node;
}

/**
 * Puts a node at a path and replaces what is there, without following links. Missing parents come into being as
 * new directories, and a parent that is no directory is replaced by one. At the root only attributes are taken over.
 */
export function setNode(tree: FolderNode, path: string, node: TreeNode): void {
  const names = pathComponents(path);
  const last = names.pop();
  if (last === undefined) {
    if (node.type !== "folder") throw new TypeError("the root of a tree can only be a folder");
    copyAttributes(node, tree);
    if (node !== tree) {
      tree.children.clear();
      for (const [name, child] of node.children) tree.children.set(name, child);
    }
    return;
  }
  let folder = tree;
  for (const name of names) folder = childFolder(folder, name);
  folder.children.set(last, node);
}

/** Removes what is at a path, without following links. False where there was nothing (and for the root itself). */
export function removeNode(tree: FolderNode, path: string): boolean {
  const names = pathComponents(path);
  const last = names.pop();
  if (last === undefined) return false;
  const folder = lookup(tree, names.join("/"));
  return folder?.type === "folder" && folder.children.delete(last);
}

/** The directory of a name in a directory; made new when there is none or something else is there. */
export function childFolder(folder: FolderNode, name: string): FolderNode {
  const child = folder.children.get(name);
  if (child?.type === "folder") return child;
  const made = newFolder();
  folder.children.set(name, made);
  return made;
}

/**
 * A copy whose directories can be changed apart from the original's. Files, links and devices are shared (that is what
 * keeps hard links together), so nobody may change their attributes in place: put a new node under each name instead.
 */
export function cloneTree(tree: FolderNode): FolderNode {
  const children = new Map<string, TreeNode>();
  for (const [name, node] of tree.children) {
    children.set(name, node.type === "folder" ? cloneTree(node) : node);
  }
  return { ...tree, children };
}

/** Takes over mode, owner, time and extended attributes. */
export function copyAttributes(from: FolderNode, to: FolderNode): void {
  to.mode = from.mode;
  to.uid = from.uid;
  to.gid = from.gid;
  to.mtime = from.mtime;
  to.xattrs = from.xattrs;
}

/**
 * The components of a path inside an image: a leading slash, empty components and `.` mean nothing, and `..` goes
 * up by name and stays in the root. Symbolic links are not looked at (see resolve.ts).
 */
export function pathComponents(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "" || name === ".") continue;
    if (name === "..") names.pop();
    else names.push(name);
  }
  return names;
}

/** A path of a directory and a name in it; the root is `""`. */
export function joinPath(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/**
 * Every node below the root with its path, in the byte order of whole paths, which puts parents before children.
 * The root itself is not among them.
 */
export function* walk(tree: FolderNode): Generator<readonly [path: string, node: TreeNode]> {
  yield* walkFolder(tree, "");
}

function* walkFolder(folder: FolderNode, path: string): Generator<readonly [string, TreeNode]> {
  for (const key of orderedKeys(folder.children.keys(), (name) => isFullFolder(folder.children.get(name)!))) {
    if (key.endsWith("/")) {
      const name = key.slice(0, -1);
      yield* walkFolder(folder.children.get(name) as FolderNode, joinPath(path, name));
    } else {
      yield [joinPath(path, key), folder.children.get(key)!];
    }
  }
}

function isFullFolder(node: TreeNode): boolean {
  return node.type === "folder" && node.children.size > 0;
}

/**
 * The names of one directory in the order of whole paths: `name` stands for the thing itself and `name/` for all that
 * is in it, because `a-b` sorts between `a` and `a/c`.
 */
export function orderedKeys(names: Iterable<string>, hasContents: (name: string) => boolean): string[] {
  const keys: string[] = [];
  for (const name of names) {
    keys.push(name);
    if (hasContents(name)) keys.push(`${name}/`);
  }
  return sortByBytes(keys);
}
