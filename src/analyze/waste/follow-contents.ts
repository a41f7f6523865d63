import { sortByBytes } from "../../core/byte-order.js";
import { applyLayer } from "../../layer/apply.js";
import { emptyTree, lookup } from "../../layer/tree.js";
import type { FolderNode, LayerBytes, PlainTar, TreeNode } from "../../layer/tree-node.js";
import { joinPath } from "../../layer/tree-path.js";
import type { ObservedEntry, ObservedLayer } from "../observed-image.js";
import type { Fate, StoredContent } from "./stored-content.js";

/** A content while its layers are followed. */
interface Followed extends StoredContent {
  names: string[];
  fate?: Fate;
  copyOf?: Followed;
  copy?: Followed;
  /** The last layer after which the tree had it. */
  seen: number;
}

/** The bytes of a layer that nobody reads: it says which layer a node is of. */
class UnreadLayer implements LayerBytes {
  readonly contents: readonly (Followed | undefined)[];

  constructor(contents: readonly (Followed | undefined)[]) {
    this.contents = contents;
  }

  spool(): Promise<PlainTar> {
    throw new TypeError("the contents of this layer are not read");
  }
}

/**
 * Every content that the layers of an image store, in the order of the layers and their tars, with its fate. Files
 * without bytes are left out.
 *
 * Layers are laid over each other as in a build, and after each the tree is asked for what it still has, so a content
 * is lost by the rules of the tree and by no second set of rules.
 */
export async function followContents(layers: readonly ObservedLayer[]): Promise<readonly StoredContent[]> {
  const tree = emptyTree();
  const all: Followed[] = [];
  let alive: Followed[] = [];
  for (const [at, { diffId, uncompressedSize, entries }] of layers.entries()) {
    const listed = await entries();
    const contents = listed.map((entry) => newContent(entry, at));
    const indexed = listed.map((entry, offset) => ({ entry, offset }));
    applyLayer(tree, { diffId, size: uncompressedSize, entries: indexed }, new UnreadLayer(contents));
    for (const content of contents) {
      if (content === undefined) continue;
      all.push(content);
      alive.push(content);
    }
    markSeen(tree, "", at);
    for (const content of alive) if (content.seen !== at) settle(content, tree, at);
    alive = alive.filter(({ seen }) => seen === at);
  }
  return all;
}

function newContent(entry: ObservedEntry, layer: number): Followed | undefined {
  if (entry.type !== "file" || entry.size === 0) return undefined;
  return { entry, layer, names: [entry.path], seen: -1 };
}

function markSeen(folder: FolderNode, path: string, layer: number): void {
  for (const [name, node] of folder.children) {
    if (node.type === "folder") {
      markSeen(node, joinPath(path, name), layer);
      continue;
    }
    const content = contentOf(node);
    if (content === undefined) continue;
    if (content.seen === layer) content.names.push(joinPath(path, name));
    else {
      content.seen = layer;
      content.names = [joinPath(path, name)];
    }
  }
}

/** A content that lost its last name: to a mere copy of itself, to something else, or to nothing. */
function settle(content: Followed, tree: FolderNode, layer: number): void {
  let lost: Fate | undefined;
  // In an order of their own, so that what is a mere copy of what does not depend on the order of a tar.
  for (const path of sortByBytes(content.names)) {
    const node = lookup(tree, path);
    if (node === undefined) continue;
    const other = contentOf(node);
    if (other?.layer === layer && other.copyOf === undefined && sameBytes(other, content)) {
      other.copyOf = content;
      content.copy = other;
      return;
    }
    lost ??= { kind: "overwritten", layer, path };
  }
  let first = content;
  while (first.copyOf !== undefined) first = first.copyOf;
  first.fate = lost ?? { kind: "removed", layer, path: content.names[0]! };
}

function contentOf(node: TreeNode): Followed | undefined {
  if (node.type !== "file" || node.content.kind !== "layer") return undefined;
  const { layer, offset } = node.content;
  return layer instanceof UnreadLayer ? layer.contents[offset] : undefined;
}

function sameBytes({ entry: left }: Followed, { entry: right }: Followed): boolean {
  return left.sha256 !== undefined && left.sha256 === right.sha256;
}
