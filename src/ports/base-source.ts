import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import type { ImageConfig, RuntimeConfig } from "../oci/image-config.js";
import type { LayerEncoding } from "../oci/media-type.js";
import type { Platform } from "../oci/platform.js";
import type { ReadOptions } from "./blob-store.js";

/** Which image on disk is meant. Paths are absolute. */
export type BaseLocation =
  | { readonly kind: "layout" | "archive"; readonly path: string; readonly tag?: string }
  | { readonly kind: "rootfs"; readonly path: string; readonly config?: RuntimeConfig };

/** One layer of a base, bottom first in `BaseImage.layers`. */
export interface BaseLayer {
  readonly diffId: Digest;
  /** What the manifest says of the blob; a `docker save` archive or a rootfs has one computed when it is opened. */
  readonly descriptor: Descriptor;
  readonly encoding: LayerEncoding;
  /** The blob's bytes as stored, verified against descriptor and size at the end. */
  blob(options?: Pick<ReadOptions, "transient">): AsyncIterable<Uint8Array>;
  /** The plain tar's place on disk, where it lies there uncompressed: a file, and where the tar starts in it. */
  readonly plain?: { readonly path: string; readonly offset: number };
}

/** An image that a build starts from. */
export interface BaseImage {
  /** The config document with all its unknown fields. */
  readonly config: ImageConfig;
  readonly layers: readonly BaseLayer[];
  /** Digest of the manifest, where the image has one. */
  readonly digest?: Digest;
  /** The full references that the image is named by, where it is. */
  readonly references?: readonly string[];
  close(): Promise<void>;
}

/** Opens bases that lie on disk. */
export interface BaseSource {
  open(base: BaseLocation, platform: Platform): Promise<BaseImage>;
}
