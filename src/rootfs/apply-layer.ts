import type { IndexedEntry, LayerIndex } from "../archive/layer-index.js";
import type { LayerBytes } from "../archive/open-layer.js";
import { IntegrityError } from "../errors/layerwright-error.js";
import { resolvePath } from "./resolve.js";
import {
  childFolder,
  copyAttributes,
  type FolderNode,
  joinPath,
  type NodeContent,
  pathComponents,
  type TreeNode,
} from "./tree.js";
import {
  hideLower,
  META_PREFIX,
  type NameWatch,
  nameRole,
  OPAQUE_NAME,
  PLINK_FOLDER,
  WHITEOUT_PREFIX,
} from "./whiteout.js";

/**
 * Lays a layer over the tree below it, in place, by image-spec layer.md. Whiteouts act on the layers below only,
 * wherever they stand in the tar; of entries with the same path the last wins; an entry replaces what is at its
 * path without following a link there, but a parent that is named by no entry may be a link, which leads to where
 * the image itself says and never out of the root. Throws `LAYER_INVALID`.
 */
export function applyLayer(tree: FolderNode, index: LayerIndex, bytes: LayerBytes, watch?: NameWatch): void {
  const layer = index.diffId;
  hideLower(tree, index.entries, layer, watch);
  const plinks = new Map<string, TreeNode>();
  // Entries of one directory follow each other, so the way to it is walked once.
  let lastParent: string | undefined;
  let parent = tree;
  for (const indexed of index.entries) {
    const { path } = indexed.entry;
    const slash = path.lastIndexOf("/");
    const name = slash < 0 ? path : path.slice(slash + 1);
    const parentPath = slash < 0 ? "" : path.slice(0, slash);
    if (path.includes(WHITEOUT_PREFIX) && isHidden(path, parentPath, name, layer)) {
      if (parentPath === PLINK_FOLDER) plinks.set(path, plinkNode(indexed, bytes, layer));
      continue;
    }
    if (name === "" || name === "." || name === "..") {
      applyOddName(tree, indexed, layer);
      lastParent = undefined;
      continue;
    }
    if (parentPath !== lastParent) {
      parent = parentFolder(tree, parentPath, layer);
      lastParent = parentPath;
    }
    const existing = parent.children.get(name);
    const node = nodeFor(tree, indexed, bytes, plinks, layer);
    if (node.type === "folder" && existing?.type === "folder") copyAttributes(node, existing);
    else {
      if (existing !== undefined) watch?.lost(path, existing);
      parent.children.set(name, node);
      watch?.gained(path, node);
      // What was replaced may have been on the way to the directory that is remembered.
      if (existing !== undefined && (existing.type === "folder" || existing.type === "symlink"))
        lastParent = undefined;
    }
  }
}

/** True when an entry is a whiteout or bookkeeping. */
function isHidden(path: string, parentPath: string, name: string, layer: string): boolean {
  // AUFS kept its own files in directories of the root: nothing in them is part of an image.
  if (path.startsWith(META_PREFIX) && path !== OPAQUE_NAME) return true;
  if (parentPath.split("/").some((part) => part.startsWith(WHITEOUT_PREFIX))) {
    const reason = "it is below a whiteout, where some unpackers make it and others do not";
    throw new IntegrityError("LAYER_INVALID", { layer, path, reason }, { subject: path });
  }
  return nameRole(name, path, layer).kind !== "plain";
}

/** The root directory's own entry (`./`), and names that the tar reader would not have let through. */
function applyOddName(tree: FolderNode, indexed: IndexedEntry, layer: string): void {
  const { entry } = indexed;
  if (pathComponents(entry.path).length === 0 && entry.type === "folder") {
    copyAttributes(entryNode(indexed) as FolderNode, tree);
    return;
  }
  const reason =
    entry.type === "folder" ? "its name is not in normal form" : `the root cannot be a ${entry.type}`;
  throw new IntegrityError("LAYER_INVALID", { layer, path: entry.path, reason }, { subject: entry.path });
}

/** The directory that an entry goes into: existing, reached through a link of the image, or new. */
function parentFolder(tree: FolderNode, path: string, layer: string): FolderNode {
  let folder = tree;
  if (path === "") return folder;
  let end = -1;
  for (const name of path.split("/")) {
    end += name.length + 1;
    const child = folder.children.get(name);
    if (child?.type === "symlink" || name === "" || name === "." || name === "..")
      return linkedFolder(tree, path, layer);
    if (child?.type === "folder") {
      folder = child;
      continue;
    }
    if (child !== undefined) throw notDirectory(path.slice(0, end), layer);
    folder = childFolder(folder, name);
  }
  return folder;
}

function linkedFolder(tree: FolderNode, linked: string, layer: string): FolderNode {
  let folder = tree;
  let path = "";
  for (const name of pathComponents(resolvePath(tree, linked).path)) {
    path = joinPath(path, name);
    const child = folder.children.get(name);
    if (child !== undefined && child.type !== "folder") throw notDirectory(path, layer);
    folder = childFolder(folder, name);
  }
  return folder;
}

/** The error for an entry below what is no directory: container engines fail, and other unpackers replace it. */
function notDirectory(path: string, layer: string): IntegrityError<"LAYER_INVALID"> {
  const reason = "something of the layer lies in it, and it is no directory";
  return new IntegrityError("LAYER_INVALID", { layer, path, reason }, { subject: path });
}

function nodeFor(
  tree: FolderNode,
  indexed: IndexedEntry,
  bytes: LayerBytes,
  plinks: ReadonlyMap<string, TreeNode>,
  layer: string,
): TreeNode {
  const { entry } = indexed;
  if (entry.type !== "hardlink") return entryNode(indexed, bytes);
  const target = entry.linkname ?? "";
  if (target === entry.path) {
    const reason = "it is a hard link to itself";
    throw new IntegrityError("LAYER_INVALID", { layer, path: entry.path, reason }, { subject: entry.path });
  }
  const node = plinks.get(target) ?? resolvePath(tree, target, { followLast: false }).node;
  if (node !== undefined && node.type !== "folder") return node;
  const found = node === undefined ? "does not exist at this point of the layer" : "is a folder";
  const reason = `it is a hard link to ${JSON.stringify(target)}, which ${found}`;
  throw new IntegrityError("LAYER_INVALID", { layer, path: entry.path, reason }, { subject: entry.path });
}

function plinkNode(indexed: IndexedEntry, bytes: LayerBytes, layer: string): TreeNode {
  if (indexed.entry.type !== "hardlink") return entryNode(indexed, bytes);
  const reason = "a file of AUFS bookkeeping is a hard link itself";
  throw new IntegrityError("LAYER_INVALID", { layer, path: indexed.entry.path, reason });
}

const EMPTY: NodeContent = { kind: "bytes", bytes: new Uint8Array(0) };

/**
 * The node that an entry of a layer brings into being. Hard links have none of their own.
 *
 * @param layer where the content of files is; may be left out for what has none
 */
export function entryNode({ entry, offset }: IndexedEntry, layer?: LayerBytes): TreeNode {
  const { mode, uid, gid, mtime, xattrs } = entry;
  switch (entry.type) {
    case "folder":
      return { type: "folder", mode, uid, gid, mtime, xattrs, children: new Map() };
    case "file": {
      const content: NodeContent =
        entry.size === 0 || layer === undefined ? EMPTY : { kind: "layer", layer, offset };
      return { type: "file", mode, uid, gid, mtime, xattrs, size: entry.size, content };
    }
    case "symlink":
      return { type: "symlink", mode: 0o777, uid, gid, mtime, xattrs, target: entry.linkname ?? "" };
    case "character-device":
    case "block-device":
    case "fifo": {
      const { devmajor = 0, devminor = 0 } = entry;
      return { type: entry.type, mode, uid, gid, mtime, xattrs, devmajor, devminor };
    }
    case "hardlink":
      throw new TypeError(`a hard link has no node of its own: ${entry.path}`);
  }
}
