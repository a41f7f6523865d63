import type { Credential } from "../../ports/credential-source.js";
import { HttpRegistry, type HttpRegistryOptions } from "./http-registry.js";
import { readSettings } from "./settings-file.js";

/**
 * Asks a registry whether it takes a credential. Nothing is kept.
 *
 * @throws {RegistryError} REGISTRY_DENIED, TOKEN_FAILED and when the registry cannot be reached
 */
export async function verifyLogin(
  domain: string,
  credential: Credential,
  signal?: AbortSignal,
  options: Omit<HttpRegistryOptions, "credentials"> = { settings: readSettings() },
): Promise<void> {
  const credentials = { credentialFor: async () => credential };
  const registry = new HttpRegistry({ ...options, credentials });
  try {
    await registry.ping(domain, signal);
  } finally {
    await registry.close();
  }
}
