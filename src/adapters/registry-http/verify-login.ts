import type { Credential } from "../../ports/credential-source.js";

/** Asks a registry whether it takes a credential. Throws a RegistryError where it does not, or cannot be asked. */
export declare function verifyLogin(
  domain: string,
  credential: Credential,
  signal?: AbortSignal,
): Promise<void>;
