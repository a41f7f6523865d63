import type { LayerBytes } from "../archive/open-layer.js";
import { sortByBytes } from "../core/bytes.js";
import { digestOf } from "../oci/digest.js";
import type { StampedGuard } from "./copied-tree.js";
import { sameAttributes, sameNode } from "./difference.js";
import type { DraftTree } from "./draft-tree.js";
import { type EntryOptions, entryOf, type LayerItem, PlainItem, xattrsOf } from "./entries.js";
import { type FolderNode, joinPath, type NodeContent, type TreeNode } from "./tree.js";
import { OPAQUE_NAME, whiteoutOf } from "./whiteout.js";

/** Options of writing a layer's entries. */
interface LayerItemOptions extends EntryOptions {
  /**
   * Writes the directories above what changed also where the tree below has them, as long as they are as new ones would
   * be (0755, root's): the layer is then the same on every base.
   */
  readonly portable?: boolean;
}

/**
 * The entries of the layer that a draft is, over the tree below it, in the order they are written. What both trees
 * share is one object and is passed over without a look; a directory of a million new files costs no more than its
 * entries.
 */
export function layerItems(draft: DraftTree, options: LayerItemOptions): LayerItem[] {
  const { lower, tree: upper } = draft;
  const writer = new ItemWriter(draft, options);
  if (lower === upper) return writer.items;
  if (!writer.sameFolder(lower, upper)) writer.put("", "", upper);
  writer.folder("", lower, upper);
  return writer.items;
}

class ItemWriter {
  readonly items: LayerItem[] = [];
  readonly #draft: DraftTree;
  readonly #options: LayerItemOptions;
  readonly #firstNames = new Map<TreeNode, string>();

  constructor(draft: DraftTree, options: LayerItemOptions) {
    this.#draft = draft;
    this.#options = options;
  }

  /** Writes the changes in one directory that both have, or that is all new (`lower` undefined). */
  folder(path: string, below: FolderNode | undefined, upper: FolderNode): void {
    const opaque = below !== undefined && below.children.size > 0 && this.#draft.isFresh(upper);
    const lower = opaque ? undefined : below;
    if (opaque) this.#whiteout(joinPath(path, OPAQUE_NAME));
    else if (below !== undefined) this.#whiteouts(path, below, upper);
    const names: string[] = [];
    for (const [name, node] of upper.children) if (lower?.children.get(name) !== node) names.push(name);
    // Directories whose own entry is written and whose contents are still to come.
    const open: string[] = [];
    for (const name of sortByBytes(names)) {
      while (open.length > 0 && !comesBeforeContents(name, open.at(-1)!))
        this.#contents(path, open.pop()!, lower, upper);
      const node = upper.children.get(name)!;
      const under = lower?.children.get(name);
      if (under === undefined || !this.#same(under, node) || this.#isWrittenAnyway(node)) {
        this.put(path, name, node);
      }
      if (isFull(node, under)) open.push(name);
    }
    while (open.length > 0) this.#contents(path, open.pop()!, lower, upper);
  }

  #contents(path: string, name: string, lower: FolderNode | undefined, upper: FolderNode): void {
    const under = lower?.children.get(name);
    const folder = upper.children.get(name) as FolderNode;
    this.folder(joinPath(path, name), under?.type === "folder" ? under : undefined, folder);
  }

  /** @param directory the path of the directory that it is in; the root itself has no name */
  put(folder: string, name: string, node: TreeNode): void {
    const { mtime } = this.#options;
    const plain = node.type === "file" || node.type === "folder";
    if (plain && node.xattrs === undefined && mtime !== undefined && !this.#draft.hasLinks) {
      this.items.push(new PlainItem(folder, name, node, mtime));
      return;
    }
    const path = joinPath(folder, name);
    const entry = entryOf(path, node, this.#options);
    if (node.type !== "file") {
      this.items.push({ entry });
      return;
    }
    const first = this.#draft.hasLinks ? this.#firstNames.get(node) : undefined;
    if (first !== undefined) {
      const { mode, uid, gid, mtime } = entry;
      this.items.push({ entry: { type: "hardlink", path, mode, uid, gid, size: 0, mtime, linkname: first } });
      return;
    }
    if (this.#draft.hasLinks) this.#firstNames.set(node, path);
    this.items.push(node.size === 0 ? { entry } : { entry, content: node.content });
  }

  sameFolder(lower: FolderNode, upper: FolderNode): boolean {
    return sameAttributes(
      { ...lower, xattrs: xattrsOf(lower, this.#options) },
      { ...upper, xattrs: xattrsOf(upper, this.#options) },
    );
  }

  #same(below: TreeNode, node: TreeNode): boolean {
    if (below.type === "folder") return node.type === "folder" && this.sameFolder(below, node);
    return sameNode(below, node) || sameHostFile(below, node);
  }

  #isWrittenAnyway(node: TreeNode): boolean {
    return this.#options.portable === true && node.type === "folder" && isNewFolder(node);
  }

  #whiteouts(path: string, lower: FolderNode, upper: FolderNode): void {
    const gone: string[] = [];
    for (const name of lower.children.keys()) if (!upper.children.has(name)) gone.push(whiteoutOf(name));
    for (const name of sortByBytes(gone)) this.#whiteout(joinPath(path, name));
  }

  #whiteout(path: string): void {
    const mtime = this.#options.mtime ?? 0;
    this.items.push({ entry: { type: "file", path, mode: 0o644, uid: 0, gid: 0, size: 0, mtime } });
  }
}

/** True when a directory is as one that comes into being above a file. */
function isNewFolder({ mode, uid, gid, xattrs }: FolderNode): boolean {
  return mode === 0o755 && uid === 0 && gid === 0 && xattrs === undefined;
}

/** The same file of a context copied over itself: BuildKit makes no entry of that either. */
function sameHostFile(below: TreeNode, node: TreeNode): boolean {
  if (below.type !== "file" || node.type !== "file" || !sameAttributes(below, node)) return false;
  const [left, right] = [contentIdentity(below.content), contentIdentity(node.content)];
  return below.size === node.size && left !== undefined && left === right;
}

/** True when a name stands before what is in a directory, in the byte order of whole paths: `a-b` does before `a/c`. */
function comesBeforeContents(name: string, folder: string): boolean {
  return name.charCodeAt(folder.length) < SLASH && name.startsWith(folder);
}

const SLASH = 0x2f;

function isFull(node: TreeNode, below: TreeNode | undefined): boolean {
  if (node.type !== "folder") return false;
  return node.children.size > 0 || (below?.type === "folder" && below.children.size > 0);
}

const identities = new WeakMap<LayerBytes, string>();

/** Notes which bytes a layer is made of, so that cache keys can name them. */
export function identify(layer: LayerBytes, identity: string): void {
  identities.set(layer, identity);
}

/**
 * Text that is the same only for the same bytes: a digest, a place in a layer of known digest, or what `lstat` said
 * of a host file. Undefined where nothing is known that could be relied on.
 */
export function contentIdentity(content: NodeContent): string | undefined {
  switch (content.kind) {
    case "bytes":
      return digestOf(content.bytes);
    case "layer": {
      const layer = identities.get(content.layer);
      return layer === undefined ? undefined : `${layer}+${content.offset}`;
    }
    case "file": {
      const stamp = stampOf(content);
      return stamp && `${stamp.dev}/${stamp.ino}@${stamp.mtimeMs},${stamp.ctimeMs}`;
    }
    case "range":
      return undefined;
  }
}

/** The answer of `lstat` for a host file, if it was noted in full. */
export function stampOf(content: NodeContent): StampedGuard | undefined {
  if (content.kind !== "file") return undefined;
  const guard = content.guard as StampedGuard | undefined;
  return guard?.ctimeMs === undefined ? undefined : guard;
}
