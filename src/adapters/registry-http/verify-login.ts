import type { Credential } from "../../ports/credential-source.js";
import { HttpRegistry, type HttpRegistryOptions } from "./http-registry.js";
import { readSettings } from "./settings-file.js";

/**
 * Asks a registry whether it takes a credential. Nothing is kept. A registry that is open to all asks for none, so there
 * nothing is checked.
 *
 * @throws {RegistryError} REGISTRY_DENIED, TOKEN_FAILED and when the registry cannot be reached
 */
export async function verifyLogin(
  domain: string,
  credential: Credential,
  signal?: AbortSignal,
  options: Omit<HttpRegistryOptions, "credentials"> = { settings: readSettings() },
): Promise<{ readonly checked: boolean }> {
  const credentials = { credentialFor: async () => credential };
  const registry = new HttpRegistry({ ...options, credentials });
  try {
    const { asked } = await registry.ping(domain, signal);
    return { checked: asked };
  } finally {
    await registry.close();
  }
}
