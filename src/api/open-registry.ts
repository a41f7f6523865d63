import type { Registry } from "../ports/registry.js";

/** How registries are reached. */
export interface RegistryOptions {
  /** Refuses whatever would need the network. @default - false */
  readonly offline?: boolean;
  /** @internal Instead of real ones, for tests. */
  readonly registry?: Registry;
}

/** The registries of the outside, with the user's credentials, proxies and certificates. */
export async function openRegistry(options: RegistryOptions = {}): Promise<Registry> {
  if (options.offline === true) {
    const { OfflineRegistry } = await import("../adapters/registry-offline/offline-registry.js");
    return new OfflineRegistry();
  }
  if (options.registry !== undefined) return options.registry;
  const { HttpRegistry } = await import("../adapters/registry-http/http-registry.js");
  return new HttpRegistry();
}
