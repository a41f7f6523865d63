import type { Catalog } from "../catalog/catalog.js";
import type { Platform } from "../oci/platform.js";
import type { OptimizedPlan } from "../plan/passes/pipeline.js";
import type { DockerfileStyle } from "./dockerfile.js";
import type { LockPlace } from "./lock-options.js";
import type { RegistryOptions } from "./open-registry.js";
import { prepareCatalog } from "./prepare-plans.js";

/** Where and how Dockerfiles are written. */
export interface SynthOptions extends DockerfileStyle, LockPlace, RegistryOptions {
  /** Refuses to write a Dockerfile of what is not in the lock. @default - false */
  readonly locked?: boolean;
  /** The folder that is written. It lies inside of the context. @default - "layerwright.out" */
  readonly out?: string;
  /** The folder that copy sources are relative to. @default - the working folder */
  readonly context?: string;
  /** The folder of the store. @default - LAYERWRIGHT_CACHE, else the user's cache folder */
  readonly store?: string;
}

/** One Dockerfile that was written. */
export interface SynthesizedImage {
  readonly name: string;
  /** The platforms that the Dockerfile can be built for. */
  readonly platforms: readonly Platform[];
  /** Paths relative to the context folder. */
  readonly dockerfile: string;
  readonly ignore: string;
  /** How many generated files it needs. */
  readonly files: number;
  /** The command that builds it, to be run in the context folder. */
  readonly command: string;
  readonly warnings: readonly { readonly message: string }[];
}

/** What `synth` wrote. */
export interface SynthResult {
  /** Absolute. */
  readonly out: string;
  /**
   * The file by which `docker buildx bake` builds all images, relative to the context folder; undefined where the dialect
   * is not BuildKit's.
   */
  readonly bake: string | undefined;
  readonly images: readonly SynthesizedImage[];
}

/** One image that is to be written, planned already. */
export interface NamedPlan {
  readonly name: string;
  readonly platform: Platform;
  readonly optimized: OptimizedPlan;
}

/**
 * Writes the Dockerfiles of a catalog, one an image for all its platforms, each with its ignore file and the files that a Dockerfile cannot hold, and
 * `manifest.json`, which lists them with the commands that build them. `docker-bake.json` has a target for each, in which
 * an image of the catalog that another is made from is that image's target. References that the lock knows are written with
 * their digest. What steps need to know of a base in a registry is looked up once, by the digest of the lock or else by
 * what its tag names now; a base that cannot be reached is a warning, and the text is right whatever it holds.
 *
 * @throws {PlanError} OUT_OUTSIDE_CONTEXT, LOCK_INCOMPLETE and LOCK_CERTIFICATES when `locked`, and all that {@link dockerfile} throws
 * @throws {EnvironmentError} when the folder cannot be written
 * @example
 * ```ts
 * import { Catalog, Image, synth } from "layerwright";
 *
 * const hello = Image.scratch().write("/hello.txt", "hello\n");
 * const { images } = await synth(new Catalog("acme", { hello }), { out: "layerwright.out" });
 * console.log(images[0]?.command);
 * ```
 */
export async function synth(catalog: Catalog, options: SynthOptions = {}): Promise<SynthResult> {
  const prepared = await prepareCatalog(catalog, catalog.platforms, options);
  const plans = catalog.names.flatMap((name) =>
    catalog.platforms.map((platform) => ({ name, platform, optimized: prepared(name, platform) })),
  );
  const { synthPlans } = await import("./synth-plans.js");
  const { name, names, groups } = catalog;
  return synthPlans(plans, { ...options, catalog: { name, names, groups } });
}
