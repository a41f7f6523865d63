import type { FolderNode, TreeNode } from "./tree-node.js";
import { pathComponents } from "./tree-path.js";

/** A new root file system without anything in it: a root folder of mode 0755 that belongs to 0:0. */
export function emptyTree(): FolderNode {
  return newFolder();
}

/** A folder as it comes into being when only something below it was named: mode 0755, owner 0:0, mtime 0. */
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
 * new folders, and a parent that is no folder is replaced by one. At the root only attributes are taken over.
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

/** The folder of a name in a folder; made new when there is none or something else is there. */
export function childFolder(folder: FolderNode, name: string): FolderNode {
  const child = folder.children.get(name);
  if (child?.type === "folder") return child;
  const made = newFolder();
  folder.children.set(name, made);
  return made;
}

/**
 * A copy whose folders can be changed apart from the original's. Files, links and devices are shared (that is what
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
