import type { ObservedImage, ObservedLayer } from "../observed-image.js";

/** An image as a comparison needs it: that of an earlier build may have layers whose unpacked size nobody knows. */
export type ComparedImage = Omit<ObservedImage, "layers"> & { readonly layers: readonly ComparedLayer[] };

/** One layer of a compared image. */
export type ComparedLayer = Omit<ObservedLayer, "uncompressedSize"> & { readonly uncompressedSize?: number };
