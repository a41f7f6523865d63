import { canonicalJson } from "../core/json.js";
import { type Digest, digestOf } from "./digest.js";
import type { Platform } from "./platform.js";

/** The media types that images are made of (image-spec media-types.md, and Docker's own schema 2). */
export const mediaType = {
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociLayerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

/** The compression of a layer blob. */
export type LayerEncoding = "gzip" | "zstd" | "none";

/** The compression of a layer of a finished image, by its media type. */
export function layerEncodingOf(type: string): LayerEncoding {
  if (type.endsWith("gzip")) return "gzip";
  return type.endsWith("zstd") ? "zstd" : "none";
}

/** A reference to a blob: what it is, its digest and its size in bytes (image-spec descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
}

/**
 * Bytes of an index, a manifest or a config at most, as registries and containerd have it. A larger document of others
 * is refused by its stated size, wherever it comes from: it is held in memory whole.
 */
export const MAX_DOCUMENT = 4 << 20;

/** The manifest of one image (image-spec manifest.md). */
export interface ImageManifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A list of manifests, one a platform or a tag (image-spec image-index.md). */
export interface ImageIndex {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

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
