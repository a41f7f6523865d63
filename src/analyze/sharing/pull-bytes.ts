import { bytesOf, distinctLayers, type SharedImage } from "./shared-image.js";

/** What pulling an image moves, in compressed bytes. */
export interface PullBytes {
  readonly name: string;
  /** For a machine that has none of its layers. */
  readonly firstPullBytes: number;
  /** For a machine that holds the other image. */
  readonly incrementalPullBytes: number;
}

/** What a machine pulls of each image when it already holds `held`. */
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
