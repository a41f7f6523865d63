import type { ReportData } from "../report-data.js";

/** A layer on the layers below it: images with the same layers up to here share the node. */
export interface ChainNode {
  /** Place in the report's layers. */
  readonly layer: number;
  /** Images that end here, by name. */
  readonly images: readonly number[];
  readonly children: readonly ChainNode[];
  /** Images that end here or further on: the rows that it takes. */
  readonly rows: number;
  /** Bytes of all images that go through it, each counted whole. */
  readonly weight: number;
}

interface Draft {
  readonly images: number[];
  readonly children: Map<number, Draft>;
}

/** The images of a report as trees of layers, bottom first; the heaviest trees and branches come first. */
export function chainTrees({ images, layers }: ReportData): readonly ChainNode[] {
  const root: Draft = { images: [], children: new Map() };
  for (const [at, image] of images.entries()) {
    let draft = root;
    for (const layer of image.layers) {
      const next: Draft = draft.children.get(layer) ?? { images: [], children: new Map() };
      draft.children.set(layer, next);
      draft = next;
    }
    draft.images.push(at);
  }
  const byName = (a: number, b: number) => (images[a]!.name < images[b]!.name ? -1 : 1);
  const finish = ([layer, draft]: readonly [number, Draft]): ChainNode => {
    const children = [...draft.children].map(finish).sort((a, b) => b.weight - a.weight || a.layer - b.layer);
    const rows = children.reduce((sum, child) => sum + child.rows, draft.images.length);
    const above = children.reduce((sum, child) => sum + child.weight, 0);
    const weight = above + rows * layers[layer]!.bytes;
    return { layer, images: draft.images.sort(byName), children, rows, weight };
  };
  return [...root.children].map(finish).sort((a, b) => b.weight - a.weight || a.layer - b.layer);
}
