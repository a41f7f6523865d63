import type { Catalog } from "../catalog/catalog.js";
import type { ImageNode } from "../image/nodes.js";
import type { LockChange } from "../lock/lock-diff.js";
import type { LockEntry } from "../lock/lock-needs.js";
import type { PackageChange } from "../lock/package-list.js";
import type { Progress } from "../ports/progress.js";
import type { LockOptions } from "./lock-options.js";
import { prepareCatalog } from "./prepare-plans.js";
import { watched } from "./watched.js";

/** What is locked, and what of it anew. */
export interface LockVerbOptions
  extends Pick<LockOptions, "registry" | "registries" | "downloads" | "bases"> {
  /** The file. @default - layerwright.lock.json in the context folder */
  readonly lock?: string;
  /** The folder that copy sources are relative to. @default - the working folder */
  readonly context?: string;
  /** Looks things up again: all, or those that these names mean (`debian`, `debian:bookworm-slim`, a URL). @default - false */
  readonly update?: boolean | readonly string[];
  /** Only says what is missing or unused; nothing is written or looked up. @default - false */
  readonly check?: boolean;
  /** Compares the packages of bases that changed, also where their layers have to be fetched for that. @default - false */
  readonly packages?: boolean;
  /** The folder of the store. @default - LAYERWRIGHT_CACHE, else the user's cache folder */
  readonly store?: string;
  readonly signal?: AbortSignal;
  /** Receives progress. @default - nobody is told */
  readonly progress?: Progress;
}

/** A change of the lock, with what is known of the image behind it. */
export type DescribedChange = LockChange & {
  /** How many layers of the new image the old one had, and how many it had not. */
  readonly layers?: { readonly kept: number; readonly new: number };
  /** Packages of Debian and Alpine that came, went or changed. */
  readonly packages?: readonly PackageChange[];
};

/** What became of the lock. */
export interface LockResult {
  /** Absolute. */
  readonly path: string;
  /** What the lock lacked before, and what nobody needs of it. */
  readonly missing: readonly LockEntry[];
  readonly unused: readonly LockEntry[];
  /** What is written now and was not before. */
  readonly changes: readonly DescribedChange[];
  readonly written: boolean;
}

/**
 * Writes `layerwright.lock.json`: every reference and URL of a catalog by digest, for all its platforms. What is there
 * stays; what nobody needs any more goes; `update` looks up again what tags name.
 *
 * @throws {PlanError} LOCK_INVALID, LOCK_CONFLICT, LOCK_VERSION, LOCK_NAME_UNKNOWN, BASE_PLATFORM_MISSING
 * @throws {RegistryError} when a registry does not have a reference or cannot be reached
 * @throws {EnvironmentError} LOCK_UNREADABLE, LOCK_UNWRITABLE, LOCK_BUSY
 * @example
 * ```ts
 * import { Catalog, Image, lock } from "layerwright";
 *
 * const catalog = new Catalog("acme", { app: Image.from("debian:bookworm-slim") }, { platforms: ["linux/amd64"] });
 * const { missing } = await lock(catalog, { check: true });
 * console.log(missing.length); // 1
 * ```
 */
export async function lock(catalog: Catalog, options: LockVerbOptions = {}): Promise<LockResult> {
  return watched(options, (told) => lockNow(catalog, told));
}

async function lockNow(catalog: Catalog, options: LockVerbOptions): Promise<LockResult> {
  // What is locked is told from the description; only which layers to decide about can depend on what bases hold.
  const decides = [...catalog].some(([, image]) => usesAuto(image.node));
  const looks = decides ? options : { ...options, offline: true };
  const prepared = await prepareCatalog(catalog, catalog.platforms, looks);
  const plans = catalog.names.flatMap((name) =>
    catalog.platforms.map((platform) => prepared(name, platform).plan),
  );
  const names = catalog.names.flatMap((name) => catalog.platforms.map(() => name));
  const { lockPlans } = await import("./lock-plans.js");
  return lockPlans(plans, { ...options, names, maxLayers: catalog.maxLayers });
}

/** True when an image, or one that it is made from, has its layers decided. */
function usesAuto({ squash, base }: ImageNode): boolean {
  return squash === "auto" || (base.kind === "image" && usesAuto(base.image));
}
