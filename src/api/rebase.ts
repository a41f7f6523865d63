import type { OwnLayer, UnsafeLayer } from "../engine/rebase/judge-layers.js";
import type { BaseIdentity } from "../oci/base-annotations.js";
import type { Platform } from "../oci/platform.js";
import type { PushReport } from "../ports/image-output.js";
import type { Progress } from "../ports/progress.js";
import type { RegistryOptions } from "./open-registry.js";
import { watched } from "./watched.js";

export type { BaseIdentity, OwnLayer, UnsafeLayer };

/** How an image is put on another base. */
export interface RebaseOptions extends RegistryOptions {
  /** The new base. */
  readonly onto: string;
  /** Where the result goes: a reference, or a tag of the same repository. @default - the tag that the image has */
  readonly to?: string | undefined;
  /** What the image stands on, as `NAME` or `NAME@DIGEST`. @default - what its annotations say */
  readonly oldBase?: string | undefined;
  /** True goes on where layers may not fit the new base. @default - false */
  readonly force?: boolean | undefined;
  /** True only says what would be done. @default - false */
  readonly dryRun?: boolean | undefined;
  /** The folder of the store. @default - LAYERWRIGHT_CACHE, else the user's cache folder */
  readonly store?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Receives progress. @default - nobody is told */
  readonly progress?: Progress | undefined;
}

/** A layer that came or went with a base. */
export interface BaseLayerChange {
  readonly digest: string;
  /** Bytes of the compressed blob. */
  readonly size: number;
}

/** What became of one platform of an image. */
export interface RebasedPlatform {
  readonly platform: Platform;
  /** Digest of the new manifest. */
  readonly digest: string;
  readonly from: BaseIdentity;
  readonly onto: BaseIdentity;
  /** Layers of the old base that the new one has not. */
  readonly removed: readonly BaseLayerChange[];
  /** Layers of the new base that the old one had not. */
  readonly added: readonly BaseLayerChange[];
  /** The image's own layers, which stay as they are. */
  readonly kept: readonly OwnLayer[];
  /** Those that may not fit; only with `force`, and in a dry run. */
  readonly unsafe: readonly UnsafeLayer[];
}

/** What a rebase did. */
export interface RebaseResult {
  /** Full reference of the image that was read. */
  readonly reference: string;
  /** Full reference of the result. */
  readonly to: string;
  /** What `reference` names: the digest of a manifest, or of an index over the platforms. */
  readonly oldDigest: string;
  /** What `to` names now, or would. */
  readonly digest: string;
  readonly platforms: readonly RebasedPlatform[];
  /** What the push took; undefined for a dry run. */
  readonly pushed?: Pick<PushReport, "blobs" | "sentBytes">;
}

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
  const { rebaseReference } = await import("./rebase-reference.js");
  return watched(options, (told) => rebaseReference(reference, told));
}
