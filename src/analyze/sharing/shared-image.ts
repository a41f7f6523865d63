import type { PlanBase } from "../../plan/plan.js";
import { baseStages } from "../../plan/plan.js";
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

/** What sharing looks at of an image. */
export function sharedImage({ name, layers, plan }: ObservedImage): SharedImage {
  const base = plan === undefined ? undefined : baseText(baseStages(plan).at(-1)!.base);
  return { name, layers, ...(base === undefined ? {} : { base }) };
}

function baseText(base: PlanBase): string | undefined {
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
