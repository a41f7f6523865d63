import { compareBytes } from "../core/byte-order.js";
import { type EntryOptions, entryOf, xattrsOf } from "../layer/entry-of-node.js";
import type { LayerItem } from "../layer/layer-item.js";
import { sameAttributes, sameNode } from "../layer/same-node.js";
import type { FolderNode, TreeNode } from "../layer/tree-node.js";
import { joinPath } from "../layer/tree-path.js";
import { orderedKeys } from "../layer/walk.js";
import { OPAQUE_NAME, whiteoutOf } from "../layer/whiteout.js";
import type { DraftTree } from "./draft-tree.js";

/**
 * The entries of the layer that a draft is, over the tree below it, in the order they are written. What both trees
 * share is one object and is passed over without a look; a folder of a million new files costs no more than its
 * entries.
 */
export function layerItems(draft: DraftTree, options: EntryOptions): LayerItem[] {
  const { lower, tree: upper } = draft;
  const writer = new ItemWriter(draft, options);
  if (lower === upper) return writer.items;
  if (!writer.sameFolder(lower, upper)) writer.put("", upper);
  writer.folder("", lower, upper);
  return writer.items;
}

class ItemWriter {
  readonly items: LayerItem[] = [];
  readonly #draft: DraftTree;
  readonly #options: EntryOptions;
  readonly #firstNames = new Map<TreeNode, string>();

  constructor(draft: DraftTree, options: EntryOptions) {
    this.#draft = draft;
    this.#options = options;
  }

  /** What changes in one folder that both have, or that is all new (`lower` undefined). */
  folder(path: string, below: FolderNode | undefined, upper: FolderNode): void {
    const opaque = below !== undefined && below.children.size > 0 && this.#draft.isFresh(upper);
    const lower = opaque ? undefined : below;
    if (opaque) this.#whiteout(joinPath(path, OPAQUE_NAME));
    else if (below !== undefined) this.#whiteouts(path, below, upper);
    const changed: string[] = [];
    for (const [name, node] of upper.children) if (lower?.children.get(name) !== node) changed.push(name);
    const keys = orderedKeys(changed, (name) => isFull(upper.children.get(name)!, lower?.children.get(name)));
    for (const key of keys) {
      const inside = key.endsWith("/");
      const name = inside ? key.slice(0, -1) : key;
      const node = upper.children.get(name)!;
      const under = lower?.children.get(name);
      const childPath = joinPath(path, name);
      if (inside) this.folder(childPath, under?.type === "folder" ? under : undefined, node as FolderNode);
      else if (under === undefined || !this.#same(under, node)) this.put(childPath, node);
    }
  }

  put(path: string, node: TreeNode): void {
    const entry = entryOf(path, node, this.#options);
    if (node.type !== "file") {
      this.items.push({ entry });
      return;
    }
    const first = this.#firstNames.get(node);
    if (first !== undefined) {
      const { mode, uid, gid, mtime } = entry;
      this.items.push({ entry: { type: "hardlink", path, mode, uid, gid, size: 0, mtime, linkname: first } });
      return;
    }
    this.#firstNames.set(node, path);
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
    return sameNode(below, node);
  }

  #whiteouts(path: string, lower: FolderNode, upper: FolderNode): void {
    const gone: string[] = [];
    for (const name of lower.children.keys()) if (!upper.children.has(name)) gone.push(whiteoutOf(name));
    for (const name of gone.sort(compareBytes)) this.#whiteout(joinPath(path, name));
  }

  #whiteout(path: string): void {
    const mtime = this.#options.mtime ?? 0;
    this.items.push({ entry: { type: "file", path, mode: 0o644, uid: 0, gid: 0, size: 0, mtime } });
  }
}

function isFull(node: TreeNode, below: TreeNode | undefined): boolean {
  if (node.type !== "folder") return false;
  return node.children.size > 0 || (below?.type === "folder" && below.children.size > 0);
}
