import type { BuildOptions, OutputTarget } from "./build-types.js";
import { watched } from "./watched.js";

/** What is pulled, and where to. */
export interface PullOptions
  extends Pick<BuildOptions, "store" | "signal" | "progress" | "registries" | "registry"> {
  /** A path (the archive that every loader takes) or a target with its form. */
  readonly output: string | OutputTarget;
  /** As `linux/amd64`; several become an index, which the types `oci` and `layout` hold. @default - linux on this machine's processor */
  readonly platforms?: readonly string[];
}

/** What was pulled. */
export interface PullResult {
  /** Full, as it was asked for. */
  readonly reference: string;
  /** The manifests, one a platform. */
  readonly digests: readonly string[];
  /** Compressed bytes of all layers. */
  readonly size: number;
  readonly output: OutputTarget;
}

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
  const { pullImages } = await import("./pull-images.js");
  return watched(options, (told) => pullImages(reference, told));
}
