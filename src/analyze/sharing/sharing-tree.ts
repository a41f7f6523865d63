import type { Digest } from "../../oci/digest.js";
import { bytesOf, type LayerBytes, type SharedImage, type SharedLayer } from "./shared-image.js";

/** Layers at whose top an image ends, a base from outside ends, or several images part; on those of the node below. */
export interface SharingNode extends LayerBytes {
  /** The images that end here. */
  readonly images: readonly string[];
  /** The base that ends here, in the user's words. */
  readonly base?: string;
  /** Layers on those of the node below. */
  readonly layers: number;
  /** Images that end here or above. */
  readonly count: number;
  readonly children: readonly SharingNode[];
}

interface Draft {
  readonly layers: SharedLayer[];
  readonly images: string[];
  base: string | undefined;
  readonly next: Map<Digest, Draft>;
}

/**
 * Chains images by the layers at their bottom that they have in common. Children are in the order of the images that
 * came first.
 */
export function sharingTree(images: readonly SharedImage[]): readonly SharingNode[] {
  const root = draft();
  for (const { name, layers, base } of images) {
    let at = root;
    const own = layers.findIndex(({ outside }) => outside !== true);
    const baseEnd = own === -1 ? layers.length : own;
    for (const [depth, layer] of layers.entries()) {
      let next = at.next.get(layer.diffId);
      if (next === undefined) {
        next = draft(layer);
        at.next.set(layer.diffId, next);
      }
      at = next;
      if (depth + 1 === baseEnd) at.base ??= base;
    }
    at.images.push(name);
  }
  const start = [...root.next.values()].map(finish);
  if (root.images.length === 0) return start;
  // Images without any layer.
  const empty = { images: root.images, bytes: 0, compressedBytes: 0, layers: 0, count: root.images.length };
  return [{ ...empty, children: [] }, ...start];
}

function draft(...layers: SharedLayer[]): Draft {
  return { layers, images: [], base: undefined, next: new Map() };
}

/** Layers where nothing ends and nothing parts belong to the node above them; a base that has a name is a node. */
function finish(start: Draft): SharingNode {
  let end = start;
  const layers = [...start.layers];
  while (end.images.length === 0 && end.base === undefined && end.next.size === 1) {
    end = [...end.next.values()][0]!;
    layers.push(...end.layers);
  }
  const children = [...end.next.values()].map(finish);
  const { images, base } = end;
  return {
    images,
    ...(base === undefined ? {} : { base }),
    layers: layers.length,
    ...bytesOf(layers),
    count: children.reduce((sum, child) => sum + child.count, images.length),
    children,
  };
}
