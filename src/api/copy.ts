import type { CopyResult } from "../project/copy.js";
import type { CopyOptions } from "../project/copy-contents.js";
import { watched } from "./watched.js";

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
  const { copyImage } = await import("../project/copy.js");
  return watched(options, (told) => copyImage(from, to, told));
}
