import type { Digest } from "../oci/digest.js";
import type { Descriptor } from "../oci/manifest.js";
import type { ReadOptions } from "./blob-store.js";
import type { Repository } from "./registry.js";

/** One finished image: its documents as bytes, its layers as blobs that can be read. */
export interface FinishedImage {
  /** Full references that the image is named by (`docker.io/library/app:v1`); may be empty. */
  readonly references: readonly string[];
  readonly manifest: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
  readonly config: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
  readonly layers: readonly FinishedLayer[];
}

/** One layer of a finished image, bottom first. */
export interface FinishedLayer {
  readonly diffId: Digest;
  readonly descriptor: Descriptor;
  /** A repository that has the blob already, where a registry is known to hold it. */
  readonly heldBy?: Repository;
  /** The bytes in order, verified at the end unless the receiver does that. */
  blob(options?: ReadOptions): AsyncIterable<Uint8Array>;
  /** Hands the bytes to a sink that is done with a chunk when it returns: what a download is, without detours. */
  pump?(sink: (chunk: Uint8Array) => void): Promise<void>;
}

/** A place that finished images are written to. Nothing half-written is ever visible under the final name. */
export interface ImageOutput {
  write(images: readonly FinishedImage[]): Promise<void>;
}

/** The result for an image that was pushed. */
export interface PushedImage {
  /** Full, with its tag. */
  readonly reference: string;
  /** The descriptor that the tag names now: a manifest, or an index over the platforms. */
  readonly descriptor: Descriptor;
}

/** The result of pushing some images. */
export interface PushReport {
  readonly images: readonly PushedImage[];
  /** Blobs that were there, were linked from another repository, were sent. */
  readonly blobs: { readonly present: number; readonly mounted: number; readonly uploaded: number };
  /** Bytes of blobs that were sent. */
  readonly sentBytes: number;
}
