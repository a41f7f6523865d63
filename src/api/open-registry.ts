import type { Registry } from "../ports/registry.js";

/** How registries are reached. */
export interface RegistryOptions {
  /** @internal Instead of real ones, for tests. */
  readonly registry?: Registry;
}

/** The registries of the outside, with the user's credentials, proxies and certificates. */
export async function openRegistry(options: RegistryOptions = {}): Promise<Registry> {
  if (options.registry !== undefined) return options.registry;
  const { HttpRegistry } = await import("../adapters/registry-http/http-registry.js");
  return new HttpRegistry();
}
