import type { SharedImage, SharedLayer } from "../../../src/analyze/sharing/share-images.js";
import { sha256Hex } from "../../../src/core/bytes.js";
import type { Digest } from "../../../src/oci/digest.js";

/** A layer told apart by its name: `bytes` plain, a quarter of that compressed. */
export function layer(name: string, bytes: number, more: Partial<SharedLayer> = {}): SharedLayer {
  const diffId: Digest = `sha256:${sha256Hex(name)}`;
  const digest: Digest = `sha256:${sha256Hex(`${name} compressed`)}`;
  return { diffId, digest, size: bytes / 4, uncompressedSize: bytes, ...more };
}

/** An image of layers, bottom first. */
export function image(name: string, layers: readonly SharedLayer[], base?: string): SharedImage {
  return { name, layers, ...(base === undefined ? {} : { base }) };
}
