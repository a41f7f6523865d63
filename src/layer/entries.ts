import type { Change, LayerChanges } from "./changes.js";
import { type EntryOptions, entryOf, xattrsOf } from "./entry-of-node.js";
import type { LayerItem } from "./layer-item.js";
import { PlainItem } from "./plain-item.js";
import { sameAttributes } from "./same-node.js";
import { newFolder } from "./tree.js";
import type { FileNode, FolderNode, TreeNode } from "./tree-node.js";
import { joinPath } from "./tree-path.js";
import { orderedKeys, walk } from "./walk.js";
import { OPAQUE_NAME, whiteoutOf } from "./whiteout.js";

/**
 * The entries of the layer that carries out these changes over the lower tree, in the order they are written: byte
 * order of paths, parents first, the whiteouts of a folder before the rest of it. A folder that the lower tree has
 * with the same attributes gets no entry (an entry would set its mode and owner again). A removal of what the lower
 * tree does not have leaves nothing.
 */
export function toEntries(changes: LayerChanges, lower: FolderNode, options: EntryOptions = {}): LayerItem[] {
  const writer = new EntryWriter(options);
  const { node } = changes.root;
  if (node !== undefined && !writer.sameFolder(node, lower)) writer.put("", node);
  writeFolder(writer, "", changes.root.children, lower);
  return writer.items;
}

/**
 * The entries of one layer that is the whole tree (squash `"all"`), in byte order. The root folder has an entry only
 * where it is not what every unpacker makes anyway (mode 0755, owner 0:0).
 */
export function flattenTree(tree: FolderNode, options: EntryOptions = {}): LayerItem[] {
  const writer = new EntryWriter(options);
  if (!writer.sameFolder(tree, newFolder())) writer.put("", tree);
  for (const [path, node] of walk(tree)) writer.put(path, node);
  return writer.items;
}

/** Entries as they are made, and under which name each file's bytes were written. */
class EntryWriter {
  readonly items: LayerItem[] = [];
  readonly #options: EntryOptions;
  readonly #firstNames = new Map<TreeNode, string>();

  constructor(options: EntryOptions) {
    this.#options = options;
  }

  put(path: string, node: TreeNode): void {
    if (node.type === "folder") {
      this.#plain(path, node);
      return;
    }
    const first = this.#firstNames.get(node);
    if (first !== undefined) {
      const { mode, uid, gid, mtime } = entryOf(path, node, this.#options);
      this.items.push({ entry: { type: "hardlink", path, mode, uid, gid, size: 0, mtime, linkname: first } });
      return;
    }
    this.#firstNames.set(node, path);
    if (node.type === "file") this.#plain(path, node);
    else this.items.push({ entry: entryOf(path, node, this.#options) });
  }

  /** A file or folder with its own bytes; those without attributes of their own are most of all there are. */
  #plain(path: string, node: FileNode | FolderNode): void {
    if (xattrsOf(node, this.#options) === undefined) {
      this.items.push(new PlainItem("", path, node, this.#options.mtime ?? node.mtime));
      return;
    }
    const entry = entryOf(path, node, this.#options);
    this.items.push(entry.size === 0 ? { entry } : { entry, content: (node as FileNode).content });
  }

  putWhiteout(folder: string, name: string): void {
    const path = joinPath(folder, name);
    const mtime = this.#options.mtime ?? 0;
    this.items.push({ entry: { type: "file", path, mode: 0o644, uid: 0, gid: 0, size: 0, mtime } });
  }

  /** True when an entry for this folder would change nothing. */
  sameFolder(node: TreeNode, lower: TreeNode | undefined): boolean {
    if (node.type !== "folder" || lower?.type !== "folder") return false;
    return sameAttributes(
      { ...node, xattrs: xattrsOf(node, this.#options) },
      { ...lower, xattrs: xattrsOf(lower, this.#options) },
    );
  }
}

function writeFolder(
  writer: EntryWriter,
  path: string,
  changes: ReadonlyMap<string, Change>,
  lower: FolderNode | undefined,
): void {
  const below = (name: string) => lower?.children.get(name);
  const hidden: string[] = [];
  const keys = orderedKeys(
    changes.keys(),
    (name) => changes.get(name)!.children.size > 0 || isOpaque(changes.get(name)!, below(name)),
  );
  for (const [name, change] of changes) {
    // Another type in its place needs no whiteout: an entry replaces whatever is there.
    if (change.removed && below(name) !== undefined && !replaces(change)) hidden.push(whiteoutOf(name));
  }
  for (const name of orderedKeys(hidden, () => false)) writer.putWhiteout(path, name);
  for (const key of keys) {
    const contents = key.endsWith("/");
    const name = contents ? key.slice(0, -1) : key;
    const change = changes.get(name)!;
    const under = below(name);
    const childPath = joinPath(path, name);
    if (!contents) writeNode(writer, childPath, change, under);
    else {
      const opaque = isOpaque(change, under);
      if (opaque) writer.putWhiteout(childPath, OPAQUE_NAME);
      writeFolder(
        writer,
        childPath,
        change.children,
        !opaque && under?.type === "folder" ? under : undefined,
      );
    }
  }
}

function writeNode(writer: EntryWriter, path: string, change: Change, under: TreeNode | undefined): void {
  const { node } = change;
  if (node === undefined) {
    // A parent that was never named: made where the lower tree has no folder, and only if something went into it.
    if (under?.type === "folder" || !change.implied) return;
    writer.put(path, newFolder());
  } else if (change.removed || !writer.sameFolder(node, under)) {
    writer.put(path, node);
  }
}

function replaces(change: Change): boolean {
  return change.node !== undefined;
}

/** A folder of the layers below whose contents go while a new folder takes its place. */
function isOpaque(change: Change, under: TreeNode | undefined): boolean {
  return (
    change.removed && change.node?.type === "folder" && under?.type === "folder" && under.children.size > 0
  );
}
