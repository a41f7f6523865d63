import type { PullOptions, PullResult } from "../project/pull.js";
import { watched } from "./watched.js";

/**
 * Pulls an image out of a registry, byte for byte, and writes it where it is wanted. What is in the store is not fetched
 * again; what is fetched goes straight into the output.
 *
 * @throws {RegistryError} MANIFEST_NOT_FOUND, REGISTRY_DENIED, REGISTRY_UNREACHABLE and others
 * @throws {IntegrityError} MANIFEST_WRONG, BLOB_WRONG
 * @throws {PlanError} BASE_PLATFORM_MISSING with the platforms that there are
 * @example
 * ```ts no-run
 * import { pull } from "layerwright";
 *
 * const { digests, size } = await pull("debian:bookworm-slim", { output: "debian.tar" });
 * console.log(digests, size);
 * ```
 */
export async function pull(reference: string, options: PullOptions): Promise<PullResult> {
  const { pullImages } = await import("../project/pull.js");
  return watched(options, (told) => pullImages(reference, told));
}
