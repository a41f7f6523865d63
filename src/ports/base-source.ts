import type { Digest } from "../oci/digest.js";
import type { ImageConfig, RuntimeConfig } from "../oci/image-config.js";
import type { Descriptor, LayerEncoding } from "../oci/manifest.js";
import type { Platform } from "../oci/platform.js";
import type { ReadOptions } from "./blob-store.js";
import type { Repository } from "./registry.js";

/** Which image is meant. Paths are absolute. */
export type BaseLocation = RegistryBaseLocation | DiskBaseLocation;

/** An image of a registry. */
export interface RegistryBaseLocation {
  readonly kind: "registry";
  readonly reference: string;
  /** Instead of what the reference names now. */
  readonly digest?: string;
}

/** An image on disk. */
export type DiskBaseLocation =
  | { readonly kind: "layout" | "archive"; readonly path: string; readonly tag?: string }
  | { readonly kind: "rootfs"; readonly path: string; readonly config?: RuntimeConfig };

/** One layer of a base, bottom first in `BaseImage.layers`. */
export interface BaseLayer {
  readonly diffId: Digest;
  /**
   * The descriptor of the blob in the manifest; a `docker save` archive or a rootfs has one computed when it is opened.
   */
  readonly descriptor: Descriptor;
  readonly encoding: LayerEncoding;
  /** The blob's bytes as stored, verified against descriptor and size at the end. */
  blob(options?: ReadOptions): AsyncIterable<Uint8Array>;
  /** The plain tar's place on disk, where it lies there uncompressed: a file, and where the tar starts in it. */
  readonly plain?: { readonly path: string; readonly offset: number };
  /**
   * The repository that has the blob, for a layer that a registry holds: who pushes to that registry need not send it.
   */
  readonly heldBy?: Repository;
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

/** Opens bases. Of one in a registry no layer is fetched before its bytes are asked for. */
export interface BaseSource<Location extends BaseLocation = BaseLocation> {
  open(base: Location, platform: Platform, options?: OpenOptions): Promise<BaseImage>;
}

/** Options for opening a base. */
export interface OpenOptions {
  /** True takes the only image there is, also where it is for another platform. @default - false */
  readonly acceptOnly?: boolean;
}
