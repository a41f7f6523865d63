import type { LayerBytes, PlainTar } from "../../archive/open-layer.js";
import { sortByBytes } from "../../core/bytes.js";
import { applyLayer } from "../../rootfs/apply-layer.js";
import { resolvePath } from "../../rootfs/resolve.js";
import type { FolderNode, TreeNode } from "../../rootfs/tree.js";
import { emptyTree, joinPath, lookup } from "../../rootfs/tree.js";
import type { NameWatch } from "../../rootfs/whiteout.js";
import type { ObservedEntry, ObservedLayer } from "../observed-image.js";

/** The bytes of one file in one layer, and what became of them. */
export interface StoredContent {
  readonly entry: ObservedEntry;
  /** Place of its layer; 0 is the bottom. */
  readonly layer: number;
  /** The names that it has in the final root file system, without a leading slash; hard links are several. */
  readonly names: readonly string[];
  /** The way its last name was lost. Of a file and its mere copies only the first has a fate, that of all of them. */
  readonly fate?: Fate;
  /** The file below of which it is a mere copy: the same bytes under the same name. */
  readonly copyOf?: StoredContent;
  /** The mere copy that took its place. */
  readonly copy?: StoredContent;
}

/** The loss of a content. */
export interface Fate {
  readonly kind: "overwritten" | "removed";
  readonly layer: number;
  /** The name that it lost. */
  readonly path: string;
}

/** The last of the mere copies of a content; itself where there are none. It is what the final root file system has. */
export function lastCopy(content: StoredContent): StoredContent {
  let last = content;
  while (last.copy !== undefined) last = last.copy;
  return last;
}

/** True when the final root file system would be the same without the bytes. */
export function isSpare({ fate, copyOf }: StoredContent): boolean {
  return fate !== undefined || copyOf !== undefined;
}

/** A content while its layers are followed. */
interface Followed extends StoredContent {
  names: string[];
  fate?: Fate;
  copyOf?: Followed;
  copy?: Followed;
  /** Number of names that the tree has for it. */
  links: number;
  /** Its place among all entries of all layers. */
  readonly order: number;
}

/** The bytes of a layer that nobody reads: it says which content a node is. */
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
 * Layers are laid over each other by the code that builds do it with, so a content is lost by the rules of the tree and
 * by no second set of rules.
 */
export async function followContents(layers: readonly ObservedLayer[]): Promise<readonly StoredContent[]> {
  const tree = emptyTree();
  const all: Followed[] = [];
  let before = 0;
  for (const [at, layer] of layers.entries()) {
    const { diffId, uncompressedSize } = layer;
    const listed = await layer.entries();
    const first = before;
    const contents = listed.map((entry, place) => newContent(entry, at, first + place));
    before += listed.length;
    const indexed = listed.map((entry, offset) => ({ entry, offset }));
    const names = new LayerNames(tree, at);
    applyLayer(tree, { diffId, size: uncompressedSize, entries: indexed }, new UnreadLayer(contents), names);
    for (const content of contents) if (content !== undefined) all.push(content);
    for (const [content, lost] of names.lostNames(contents)) settle(content, lost, tree, at);
  }
  nameAll(tree, "");
  return all;
}

function newContent(entry: ObservedEntry, layer: number, order: number): Followed | undefined {
  if (entry.type !== "file" || entry.size === 0) return undefined;
  return { entry, layer, names: [], links: 0, order };
}

/** The effect of one layer on the names of contents. */
class LayerNames implements NameWatch {
  readonly #tree: FolderNode;
  readonly #layer: number;
  /** Names that contents of the layers below had before this layer. */
  readonly #lost = new Map<Followed, string[]>();
  /** Names that this layer gave to contents of the layers below, as hard links. */
  readonly #given = new Set<string>();

  constructor(tree: FolderNode, layer: number) {
    this.#tree = tree;
    this.#layer = layer;
  }

  gained(path: string, node: TreeNode): void {
    const content = contentOf(node);
    if (content === undefined) return;
    content.links++;
    if (content.layer !== this.#layer) this.#given.add(path);
  }

  lost(path: string, node: TreeNode): void {
    this.#lose(this.#realPath(path, node), node);
  }

  /** The contents that have no name any more, with the names that they had, in the order in which they were stored. */
  lostNames(own: readonly (Followed | undefined)[]): [Followed, readonly string[]][] {
    const below = [...this.#lost]
      .filter(([{ links }]) => links === 0)
      .sort(([left], [right]) => left.order - right.order);
    const here = own.filter((content) => content !== undefined && content.links === 0) as Followed[];
    return [...below, ...here.map((content): [Followed, string[]] => [content, [content.entry.path]])];
  }

  #lose(path: string, node: TreeNode): void {
    if (node.type === "folder") {
      for (const [name, child] of node.children) this.#lose(joinPath(path, name), child);
      return;
    }
    const content = contentOf(node);
    if (content === undefined) return;
    content.links--;
    if (content.layer === this.#layer || this.#given.has(path)) return;
    const lost = this.#lost.get(content);
    if (lost === undefined) this.#lost.set(content, [path]);
    else lost.push(path);
  }

  /** A layer may name a file through a link of the layers below. */
  #realPath(path: string, node: TreeNode): string {
    return lookup(this.#tree, path) === node
      ? path
      : resolvePath(this.#tree, path, { followLast: false }).path;
  }
}

/** A content that lost its last name: to a mere copy of itself, to something else, or to nothing. */
function settle(content: Followed, names: readonly string[], tree: FolderNode, layer: number): void {
  let lost: Fate | undefined;
  // In an order of their own, so that what is a mere copy of what does not depend on the order of a tar.
  for (const path of sortByBytes([...names])) {
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
  first.fate = lost ?? { kind: "removed", layer, path: names[0]! };
}

/** Writes down which names the final tree has for each content. */
function nameAll(folder: FolderNode, path: string): void {
  for (const [name, node] of folder.children) {
    if (node.type === "folder") nameAll(node, joinPath(path, name));
    else contentOf(node)?.names.push(joinPath(path, name));
  }
}

function contentOf(node: TreeNode): Followed | undefined {
  if (node.type !== "file" || node.content.kind !== "layer") return undefined;
  const { layer, offset } = node.content;
  return layer instanceof UnreadLayer ? layer.contents[offset] : undefined;
}

function sameBytes({ entry: left }: Followed, { entry: right }: Followed): boolean {
  return left.sha256 !== undefined && left.sha256 === right.sha256;
}
