import type { BaseSource, RegistryBaseLocation } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";

/** Bases of registries: what of them was fetched is in the store. */
export declare function registryBases(store: BlobStore): BaseSource<RegistryBaseLocation>;
