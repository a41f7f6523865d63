import type { LayerBytes, PlainTar } from "../archive/open-layer.js";
import type { EntryContent, ItemList, TarEntry, TarItem } from "../archive/tar-entry.js";
import { type Change, type LayerChanges, sameAttributes } from "./difference.js";
import {
  type FileNode,
  type FolderNode,
  joinPath,
  type NodeContent,
  newFolder,
  orderedKeys,
  type TreeNode,
  walk,
} from "./tree.js";
import { OPAQUE_NAME, whiteoutOf } from "./whiteout.js";

/**
 * The entries of the layer that carries out these changes over the lower tree, in the order they are written: byte
 * order of paths, parents first, the whiteouts of a directory before the rest of it. A directory that the lower tree
 * has with the same attributes gets no entry (an entry would set its mode and owner again). A removal of what the lower
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
 * The entries of one layer that is the whole tree (squash `"all"`), in byte order. The root directory has an entry only
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

  /** A file or directory with its own bytes; those without attributes of their own are most of all there are. */
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

  /** True when an entry for this directory would change nothing. */
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
    // A parent that was never named: made where the lower tree has no directory, and only if something went into it.
    if (under?.type === "folder" || !change.implied) return;
    writer.put(path, newFolder());
  } else if (change.removed || !writer.sameFolder(node, under)) {
    writer.put(path, node);
  }
}

function replaces(change: Change): boolean {
  return change.node !== undefined;
}

/** A directory of the layers below whose contents go while a new directory takes its place. */
function isOpaque(change: Change, under: TreeNode | undefined): boolean {
  return (
    change.removed && change.node?.type === "folder" && under?.type === "folder" && under.children.size > 0
  );
}

/** Options of making entries of nodes. */
export interface EntryOptions {
  /** Whole seconds that every entry gets; without it each node keeps its own. */
  readonly mtime?: number;
  /** Which extended attributes are written; without it only `security.capability`. */
  readonly xattrs?: (name: string) => boolean;
}

/** The entry of a node that has its own bytes, i.e. the first name of a hard link. */
export function entryOf(path: string, node: TreeNode, options: EntryOptions): TarEntry {
  const { type, mode, uid, gid } = node;
  const mtime = options.mtime ?? node.mtime;
  const xattrs = xattrsOf(node, options);
  const entry: TarEntry = { type, path, mode, uid, gid, size: 0, mtime };
  const attributes = xattrs === undefined ? undefined : { xattrs };
  switch (node.type) {
    case "folder":
      return { ...entry, ...attributes };
    case "file":
      return { ...entry, size: node.size, ...attributes };
    case "symlink":
      return { ...entry, mode: 0o777, linkname: node.target, ...attributes };
    default:
      return { ...entry, devmajor: node.devmajor, devminor: node.devminor, ...attributes };
  }
}

/** The extended attributes of a node that are written, or undefined where there are none. */
export function xattrsOf(
  node: TreeNode,
  options: EntryOptions,
): Readonly<Record<string, Uint8Array>> | undefined {
  if (node.xattrs === undefined) return undefined;
  const wanted = options.xattrs ?? isCapability;
  const kept = Object.entries(node.xattrs).filter(([name]) => wanted(name));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** Attributes that belong to the machine's own file system, and not to the image. */
const BOOKKEEPING = /^(?:(?:trusted|user)\.overlay\.|security\.selinux$)/;

/** True when an attribute is the machine's own, so that it is no part of an image. */
export function isBookkeeping(name: string): boolean {
  return BOOKKEEPING.test(name);
}

/** The attributes of a node that are the image's and that a new layer does not hold. */
export function unwrittenAttributes({ xattrs = {} }: TreeNode): string[] {
  return Object.keys(xattrs).filter((name) => !isCapability(name) && !isBookkeeping(name));
}

function isCapability(name: string): boolean {
  return name === "security.capability";
}

/** An entry of a layer to be written, with where its bytes are; `content` is there for files that are not empty. */
export interface LayerItem {
  readonly entry: TarEntry;
  readonly content?: NodeContent | undefined;
}

/**
 * Makes the contents readable for the tar writer: files of a layer below become ranges of its plain tar, which is
 * unpacked for that (once, several layers side by side) when it is compressed.
 */
export async function toTarItems(items: readonly LayerItem[]): Promise<ItemList<TarItem>> {
  const layers = new Set<LayerBytes>();
  for (const { content } of items) if (content?.kind === "layer") layers.add(content.layer);
  // The usual case, with nothing to place.
  if (layers.size === 0) return items as readonly TarItem[];
  const places = new Map<LayerBytes, PlainTar>();
  await Promise.all(Array.from(layers, async (layer) => void places.set(layer, await layer.spool())));
  // Made one by one while they are written, and not a hundred thousand at once.
  return {
    length: items.length,
    at(index) {
      const item = items[index];
      const content = item?.content;
      return item && { entry: item.entry, content: content && placed(content, places) };
    },
  };
}

function placed(content: NodeContent, places: ReadonlyMap<LayerBytes, PlainTar>): EntryContent {
  if (content.kind !== "layer") return content;
  const { path, offset } = places.get(content.layer)!;
  return { kind: "range", path, offset: offset + content.offset };
}

/**
 * A file or directory that is nothing but its node under a name. Its entry is made anew for everyone who asks: a layer
 * may have a million of them, and what is made and dropped at once costs less than what is kept.
 */
export class PlainItem implements LayerItem {
  readonly #folder: string;
  readonly #name: string;
  readonly #node: FileNode | FolderNode;
  readonly #mtime: number;

  /** @param directory the path of the directory that it is in; empty for a name that is a whole path */
  constructor(folder: string, name: string, node: FileNode | FolderNode, mtime: number) {
    this.#folder = folder;
    this.#name = name;
    this.#node = node;
    this.#mtime = mtime;
  }

  get entry(): TarEntry {
    const { type, mode, uid, gid } = this.#node;
    const size = this.#node.type === "file" ? this.#node.size : 0;
    return { type, path: joinPath(this.#folder, this.#name), mode, uid, gid, size, mtime: this.#mtime };
  }

  get content(): NodeContent | undefined {
    const node = this.#node;
    return node.type === "file" && node.size > 0 ? node.content : undefined;
  }
}
