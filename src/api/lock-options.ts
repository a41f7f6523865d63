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

/** How a build uses its lock. What the lock lacks is looked up once and written into it. */
export interface LockOptions extends LockPlace, RegistryOptions {
  /** Refuses to build what is not in the lock, and never writes it. @default - false */
  readonly locked?: boolean;
  /** @internal Of the catalog: the most layers that squash `"auto"` gives an image, its base's included. */
  readonly maxLayers?: number;
  /** @internal Instead of the real one, for tests. */
  readonly downloads?: Downloader;
  /** @internal Instead of the real ones, for tests. */
  readonly bases?: BaseSource;
}
