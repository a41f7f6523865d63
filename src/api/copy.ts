import type { Progress } from "../ports/progress.js";
import type { RegistryOptions } from "./open-registry.js";
import { watched } from "./watched.js";

/** How an image is copied. */
export interface CopyOptions extends RegistryOptions {
  /** The folder of the store, which blobs go through that have to be sent. @default - LAYERWRIGHT_CACHE, else the user's cache folder */
  readonly store?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: Progress | undefined;
}

/** What was copied, and what that took. */
export interface CopyResult {
  /** Full. */
  readonly from: string;
  readonly to: string;
  readonly digest: string;
  /** True when everything was there, so that only the tag was set. */
  readonly complete: boolean;
  /** Bytes of blobs that were sent. */
  readonly sentBytes: number;
}

/**
 * Copies an image from one repository to another, with all its platforms, byte for byte: digests stay what they are.
 * Within one registry blobs are linked; what is there is not sent.
 *
 * @throws {RegistryError} MANIFEST_NOT_FOUND, REGISTRY_DENIED, REGISTRY_UNREACHABLE and others
 * @throws {IntegrityError} MANIFEST_WRONG, BLOB_WRONG
 * @example
 * ```ts no-run
 * import { copy } from "layerwright";
 *
 * const { digest, sentBytes } = await copy("ghcr.io/acme/app:v1", "ghcr.io/acme/app:stable");
 * console.log(digest, sentBytes);
 * ```
 */
export async function copy(from: string, to: string, options: CopyOptions = {}): Promise<CopyResult> {
  const { copyImage } = await import("./copy-image.js");
  return watched(options, (told) => copyImage(from, to, told));
}
