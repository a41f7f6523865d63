import type { OwnLayer, UnsafeLayer } from "../engine/rebase/judge-layers.js";
import type { BaseIdentity } from "../oci/base-annotations.js";
import type { RebaseOptions, RebaseResult } from "../project/rebase.js";
import { watched } from "./watched.js";

export type { BaseIdentity, OwnLayer, UnsafeLayer };

/**
 * Puts an image of a registry on a newer base without building it: the base's layers are exchanged, the image's own
 * stay, and what the config had from the old base comes from the new one. For layers of files alone the result is, to
 * the digest, what a build on the new base would give. Layers that commands made, or that took more from the base, are
 * refused unless `force` is set: nobody can tell whether they fit.
 *
 * @param reference the image: one manifest, or an index, each platform of which is rebased
 * @throws {PlanError} REBASE_UNSAFE, REBASE_BASE_UNKNOWN, REBASE_NOT_ON_BASE, REBASE_PLATFORM_DIFFERS
 * @throws {DefinitionError} REBASE_TARGET_MISSING, REFERENCE_INVALID
 * @throws {RegistryError} MANIFEST_NOT_FOUND, REGISTRY_DENIED, REGISTRY_UNREACHABLE and others
 * @example
 * ```ts no-run
 * import { rebase } from "layerwright";
 *
 * const result = await rebase("ghcr.io/acme/app:v1", { onto: "debian:bookworm-slim", to: "v1-rebased" });
 * for (const { from, onto, kept } of result.platforms) console.log(from.digest, onto.digest, kept.length);
 * ```
 */
export async function rebase(reference: string, options: RebaseOptions): Promise<RebaseResult> {
  const { rebaseReference } = await import("../project/rebase.js");
  return watched(options, (told) => rebaseReference(reference, told));
}
