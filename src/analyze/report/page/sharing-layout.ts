import type { ReportData } from "../report-data.js";

/** A layer in the picture: as wide as its bytes, as high as the images that share it here. */
export interface LayerBlock {
  readonly layer: number;
  /** The images of its rows, in their order. */
  readonly images: readonly number[];
  readonly x: number;
  readonly width: number;
  readonly row: number;
  readonly rows: number;
}

/** The end of an image in the picture. */
export interface ImageEnd {
  readonly image: number;
  readonly x: number;
  readonly row: number;
}

/** The places of all parts: blocks in reading order, one row an image. */
export interface SharingLayout {
  readonly blocks: readonly LayerBlock[];
  readonly ends: readonly ImageEnd[];
}

/** The least width of a layer: what is there can be seen. */
const LEAST = 3;

/** Lays out the images of a report in a width of pixels. */
export function sharingLayout(data: ReportData, width: number): SharingLayout {
  const longest = Math.max(1, ...data.images.map(({ virtualBytes }) => virtualBytes));
  const deepest = Math.max(0, ...data.images.map(({ layers }) => layers.length));
  const scale = Math.max(0, width - deepest * LEAST) / longest;
  const blocks: LayerBlock[] = [];
  const ends: ImageEnd[] = [];
  let row = 0;
  for (const [image, { layers }] of data.images.entries())
    if (layers.length === 0) ends.push({ image, x: 0, row: row++ });
  const place = (node: ChainNode, x: number): number[] => {
    const own = LEAST + data.layers[node.layer]!.bytes * scale;
    const at = blocks.length;
    const first = row;
    // Its place among the blocks is before those on it, and its images are known after them.
    blocks.push({ layer: node.layer, images: [], x, width: own, row: first, rows: node.rows });
    const images = [...node.images];
    for (const image of node.images) ends.push({ image, x: x + own, row: row++ });
    for (const child of node.children) images.push(...place(child, x + own));
    blocks[at] = { ...blocks[at]!, images };
    return images;
  };
  for (const tree of chainTrees(data)) place(tree, 0);
  return { blocks, ends };
}

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
