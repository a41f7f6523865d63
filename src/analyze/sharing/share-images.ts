import { getOrMake } from "../../core/grouped.js";
import type { Digest } from "../../oci/digest.js";
import { baseStages, type PlanBase } from "../../plan/plan.js";
import type { ObservedImage, ObservedLayer } from "../observed-image.js";

/** A layer as far as sharing goes: its identity and its weights. Its entries are never read. */
export type SharedLayer = Pick<ObservedLayer, "diffId" | "digest" | "size" | "uncompressedSize"> &
  Partial<Pick<ObservedLayer, "outside" | "description">>;

/** An image as far as sharing goes. */
export interface SharedImage extends Pick<ObservedImage, "name"> {
  /** Bottom first. */
  readonly layers: readonly SharedLayer[];
  /** The base from outside that it stands on in the end, in the user's words: a reference or a path. */
  readonly base?: string;
}

/** Reduces an image to its layers and its base. */
export function sharedImage({ name, layers, plan }: ObservedImage): SharedImage {
  const base = plan === undefined ? undefined : baseText(baseStages(plan).at(-1)!.base);
  return { name, layers, ...(base === undefined ? {} : { base }) };
}

/** Returns the reference or the path of a base from outside. */
export function baseText(base: PlanBase): string | undefined {
  if (base.kind === "registry") return base.reference;
  if (base.kind === "scratch" || base.kind === "stage") return undefined;
  return ("reference" in base ? base.reference : undefined) ?? base.path;
}

/** The distinct layers of an image, bottom first: one that is there twice counts once. */
export function distinctLayers({ layers }: Pick<SharedImage, "layers">): readonly SharedLayer[] {
  return [...new Map(layers.map((layer) => [layer.diffId, layer])).values()];
}

/** The bytes of layers: of their plain tars, and of their blobs. */
export interface LayerBytes {
  readonly bytes: number;
  readonly compressedBytes: number;
}

/** Sums of layers as they are listed, one that is there twice twice. */
export function bytesOf(layers: readonly SharedLayer[]): LayerBytes {
  let bytes = 0;
  let compressedBytes = 0;
  for (const { uncompressedSize, size } of layers) {
    bytes += uncompressedSize;
    compressedBytes += size;
  }
  return { bytes, compressedBytes };
}

/** Images that are listed for one image as those that it shares most with; all of them are in the layers. */
const MOST_SHARED = 100;

/** The sharing among images. Bytes are those of plain layer tars, compressed bytes those of blobs. */
export interface Sharing {
  /** In the order in which the images were given. */
  readonly images: readonly ImageShare[];
  /** Sum of the images' virtual bytes: what they would take if they shared nothing. */
  readonly virtualBytes: number;
  /** All distinct layers, each once: what one machine holds that has all of the images. */
  readonly effectiveBytes: number;
  readonly compressedBytes: number;
  /** All distinct blobs, each once: what one registry holds. */
  readonly effectiveCompressedBytes: number;
  /** Every distinct layer, in the order in which it was first seen. */
  readonly layers: readonly LayerShare[];
  /** The images, chained by the layers at their bottom that they have in common. */
  readonly tree: readonly SharingNode[];
}

/** The bytes that one image has for itself, and those that it has in common with others. */
export interface ImageShare {
  readonly name: string;
  /** Number of layers, those of the base included. */
  readonly layers: number;
  /** Sum of its layer tars. */
  readonly virtualBytes: number;
  /** Of layers that no other image has. */
  readonly uniqueBytes: number;
  /** Of layers that another image has too. */
  readonly sharedBytes: number;
  /** Sum of its blobs: what a machine without any of them pulls. */
  readonly compressedBytes: number;
  readonly uniqueCompressedBytes: number;
  readonly sharedCompressedBytes: number;
  /** Number of the images that it shares a layer with. */
  readonly sharesWith: number;
  /** Those of them that it shares most with, at most a hundred, most bytes first. */
  readonly sharedWith: readonly SharedWith[];
}

/** The layers that two images have in common. */
export interface SharedWith {
  readonly name: string;
  readonly bytes: number;
  readonly compressedBytes: number;
}

/** One distinct layer, and the images that have it. */
export interface LayerShare {
  readonly diffId: Digest;
  readonly description?: string;
  readonly bytes: number;
  readonly compressedBytes: number;
  /** Names, in the order in which the images were given. */
  readonly images: readonly string[];
}

/**
 * Computes what images share. A layer is the same layer when its plain tar is (its diff id), whoever built it; a blob is
 * the same when its digest is. Linear in the images' layers, and in the pairs of images that share something.
 */
export function shareImages(images: readonly SharedImage[]): Sharing {
  const layers = images.map(distinctLayers);
  const tars = holdersBy(layers, ({ diffId }) => diffId);
  const blobs = holdersBy(layers, ({ digest }) => digest);
  const sharedWith = partners(images);
  const shares = images.map((image, at) => {
    const own = layers[at]!.map((layer) => ({
      layer,
      tar: tars.get(layer.diffId)!.holders,
      blob: blobs.get(layer.digest)!.holders,
    }));
    const unique = sum(own, ({ tar, layer }) => (tar.length === 1 ? layer.uncompressedSize : 0));
    const uniqueCompressed = sum(own, ({ blob, layer }) => (blob.length === 1 ? layer.size : 0));
    return {
      name: image.name,
      layers: image.layers.length,
      virtualBytes: sum(image.layers, ({ uncompressedSize }) => uncompressedSize),
      uniqueBytes: unique,
      sharedBytes: sum(own, ({ layer }) => layer.uncompressedSize) - unique,
      compressedBytes: sum(image.layers, ({ size }) => size),
      uniqueCompressedBytes: uniqueCompressed,
      sharedCompressedBytes: sum(own, ({ layer }) => layer.size) - uniqueCompressed,
      ...sharedWith(at, own),
    };
  });
  return {
    images: shares,
    virtualBytes: sum(shares, ({ virtualBytes }) => virtualBytes),
    effectiveBytes: sum([...tars.values()], ({ layer }) => layer.uncompressedSize),
    compressedBytes: sum(shares, ({ compressedBytes }) => compressedBytes),
    effectiveCompressedBytes: sum([...blobs.values()], ({ layer }) => layer.size),
    layers: [...tars.values()].map(({ layer, holders }) => ({
      diffId: layer.diffId,
      ...(layer.description === undefined ? {} : { description: layer.description }),
      bytes: layer.uncompressedSize,
      compressedBytes: layer.size,
      images: holders.map((at) => images[at]!.name),
    })),
    tree: sharingTree(images),
  };
}

/** Returns the distinct layers by a digest of theirs, each with the places of the images that have it, in order. */
function holdersBy(layers: readonly (readonly SharedLayer[])[], keyOf: (layer: SharedLayer) => Digest) {
  const held = new Map<Digest, { readonly layer: SharedLayer; readonly holders: number[] }>();
  for (const [at, own] of layers.entries()) {
    for (const layer of own) {
      const { holders } = getOrMake(held, keyOf(layer), () => ({ layer, holders: [] }));
      if (holders.at(-1) !== at) holders.push(at);
    }
  }
  return held;
}

type OwnLayer = { layer: SharedLayer; tar: readonly number[]; blob: readonly number[] };

/** Returns a function that adds up what an image shares with others, in counters that are used for all of them. */
function partners(
  images: readonly SharedImage[],
): (at: number, own: readonly OwnLayer[]) => Pick<ImageShare, "sharesWith" | "sharedWith"> {
  const bytes = new Float64Array(images.length);
  const compressed = new Float64Array(images.length);
  return (at, own) => {
    const met: number[] = [];
    for (const { layer, tar, blob } of own) {
      for (const other of tar) {
        if (bytes[other] === 0 && other !== at) met.push(other);
        bytes[other]! += layer.uncompressedSize;
      }
      for (const other of blob) compressed[other]! += layer.size;
    }
    const sharedWith = mostBytes(met, bytes).map((other) => ({
      name: images[other]!.name,
      bytes: bytes[other]!,
      compressedBytes: compressed[other]!,
    }));
    for (const { tar, blob } of own) {
      for (const other of tar) bytes[other] = 0;
      for (const other of blob) compressed[other] = 0;
    }
    return { sharesWith: met.length, sharedWith };
  };
}

/** Returns the first images by bytes. Most never get into the list, so sorting all of them would be waste. */
function mostBytes(met: readonly number[], bytes: Float64Array): readonly number[] {
  const most: number[] = [];
  for (const other of met) {
    let at = most.length;
    while (at > 0 && isBefore(bytes[other]!, other, bytes[most[at - 1]!]!, most[at - 1]!)) at--;
    if (at >= MOST_SHARED) continue;
    most.splice(at, 0, other);
    if (most.length > MOST_SHARED) most.pop();
  }
  return most;
}

function isBefore(bytes: number, place: number, otherBytes: number, otherPlace: number): boolean {
  return bytes > otherBytes || (bytes === otherBytes && place < otherPlace);
}

function sum<T>(values: readonly T[], weigh: (value: T) => number): number {
  return values.reduce((total, value) => total + weigh(value), 0);
}

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
      at = getOrMake(at.next, layer.diffId, () => draft(layer));
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

/** The compressed bytes that pulling an image moves. */
export interface PullBytes {
  readonly name: string;
  /** For a machine that has none of its layers. */
  readonly firstPullBytes: number;
  /** For a machine that holds the other image. */
  readonly incrementalPullBytes: number;
}

/** Computes the bytes that a machine which holds `held` pulls for each image. */
export function pullBytes(images: readonly SharedImage[], held: SharedImage): readonly PullBytes[] {
  const known = new Set(held.layers.map(({ diffId }) => diffId));
  return images.map((image) => {
    const layers = distinctLayers(image);
    return {
      name: image.name,
      firstPullBytes: bytesOf(layers).compressedBytes,
      incrementalPullBytes: bytesOf(layers.filter(({ diffId }) => !known.has(diffId))).compressedBytes,
    };
  });
}
