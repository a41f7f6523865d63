import type { Repository } from "./registry.js";

/** What a user logs in to a registry with. */
export type Credential =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  /** An identity token, which is traded for access tokens (OAuth 2 refresh token). */
  | { readonly kind: "identity"; readonly token: string }
  /** A token that is sent as it is. */
  | { readonly kind: "bearer"; readonly token: string };

/** Knows the user's credentials. */
export interface CredentialSource {
  /** The credential for a repository, or undefined for anonymous. Throws coded errors that name no secret. */
  credentialFor(repository: Repository, signal?: AbortSignal): Promise<Credential | undefined>;
}
