import type { Plan } from "../plan/plan.js";
import type { BaseSource } from "../ports/base-source.js";
import type { Downloader } from "../ports/downloader.js";
import type { RegistryOptions } from "./open-registry.js";

/** Which lock is read. */
export interface LockPlace {
  /**
   * The file that says by digest what references and URLs are; false: nothing is pinned.
   * @default - layerwright.lock.json in the context folder, where it exists
   */
  readonly lock?: string | false;
}

/** The catalog that squash `"auto"` is decided for, whichever of its images and platforms a verb is about. */
export interface WholeCatalog {
  /** The most layers that an image gets, its base's included. */
  readonly maxLayers: number;
  /**
   * The plans of all images.
   *
   * @param platforms instead of the catalog's
   */
  plans(platforms?: readonly string[]): Promise<readonly { readonly name: string; readonly plan: Plan }[]>;
}

/** How a build uses its lock. What the lock lacks is looked up once and written into it. */
export interface LockOptions extends LockPlace, RegistryOptions {
  /** Refuses to build what is not in the lock, and never writes it. @default - false */
  readonly locked?: boolean;
  /** @internal The catalog that the images are of; without it `"auto"` is decided for them alone. */
  readonly whole?: WholeCatalog;
  /** @internal Instead of the real one, for tests. */
  readonly downloads?: Downloader;
  /** @internal Instead of the real ones, for tests. */
  readonly bases?: BaseSource;
}
