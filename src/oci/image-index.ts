import { canonicalJson } from "../core/json.js";
import type { Descriptor } from "./descriptor.js";
import { digestOf } from "./digest.js";
import type { ImageIndex } from "./manifest.js";
import { mediaType } from "./media-type.js";

/** The index over the manifests of one image, one a platform, in the order that they are given. */
export function imageIndex(manifests: readonly Descriptor[]): {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
} {
  const index: ImageIndex = { schemaVersion: 2, mediaType: mediaType.ociIndex, manifests };
  const bytes = Buffer.from(canonicalJson(index));
  return {
    bytes,
    descriptor: { mediaType: mediaType.ociIndex, digest: digestOf(bytes), size: bytes.length },
  };
}
