import { createRegistryBases } from "../adapters/bases/registry-bases.js";
import type { BaseSource, RegistryBaseLocation } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Progress } from "../ports/progress.js";
import type { Registry } from "../ports/registry.js";

/** Bases of registries: what of them was fetched is in the store. */
export function registryBases(
  store: BlobStore,
  registry: () => Promise<Registry>,
  progress: Progress | undefined,
): BaseSource<RegistryBaseLocation> {
  return createRegistryBases({ store, registry, progress });
}
