import type { Descriptor } from "./descriptor.js";

/**
 * Bytes of an index, a manifest or a config at most, as registries and containerd have it. A larger document of others is
 * refused by its stated size, wherever it comes from: it is held in memory whole.
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
