import { registryDomain } from "../adapters/credentials-docker/registry-name.js";
import { DefinitionError } from "../errors/layerwright-error.js";
import type { Credential } from "../ports/registry.js";
import type { CopyResult } from "../project/registry/copy.js";
import type { CopyOptions } from "../project/registry/copy-contents.js";
import type { PullOptions, PullResult } from "../project/registry/pull.js";
import type { RebaseOptions, RebaseResult } from "../project/registry/rebase.js";
import { watched } from "./watched.js";

/**
 * Pulls an image out of a registry, byte for byte, and writes it where it is wanted. What is in the store is not fetched
 * again; what is fetched goes straight into the output.
 *
 * @throws {RegistryError} MANIFEST_NOT_FOUND, REGISTRY_DENIED, REGISTRY_UNREACHABLE and others
 * @throws {IntegrityError} MANIFEST_WRONG, BLOB_WRONG
 * @throws {PlanError} BASE_PLATFORM_MISSING with the platforms that there are
 * @example
 * ```ts no-run
 * import { pull } from "layerwright";
 *
 * const { digests, size } = await pull("debian:bookworm-slim", { output: "debian.tar" });
 * console.log(digests, size);
 * ```
 */
export async function pull(reference: string, options: PullOptions): Promise<PullResult> {
  const { pullImages } = await import("../project/registry/pull.js");
  return watched(options, (told) => pullImages(reference, told));
}

/**
 * Copies an image from one repository to another, with all its platforms, byte for byte: digests stay what they are.
 * Within one registry blobs are linked; what is there is not sent.
 *
 * @throws {RegistryError} MANIFEST_NOT_FOUND, REGISTRY_DENIED, REGISTRY_UNREACHABLE and others
 * @throws {IntegrityError} MANIFEST_WRONG, BLOB_WRONG
 * @example
 * ```ts no-run
 * import { copy } from "layerwright";
 *
 * const { digest, sentBytes } = await copy("ghcr.io/acme/app:v1", "ghcr.io/acme/app:stable");
 * console.log(digest, sentBytes);
 * ```
 */
export async function copy(from: string, to: string, options: CopyOptions = {}): Promise<CopyResult> {
  const { copyImage } = await import("../project/registry/copy.js");
  return watched(options, (told) => copyImage(from, to, told));
}

/**
 * Puts an image of a registry on a newer base without building it: the base's layers are exchanged, the image's own
 * stay, and what the config had from the old base comes from the new one. For layers of files alone the result is, to
 * the digest, what a build on the new base would give. Layers that commands made, or that took more from the base, are
 * refused unless `force` is set: nobody can tell whether they fit.
 *
 * @param reference the image: one manifest, or an index, each platform of which is rebased
 * @throws {PlanError} REBASE_UNSAFE, REBASE_BASE_UNKNOWN, REBASE_NOT_ON_BASE, REBASE_PLATFORM_DIFFERS
 * @throws {DefinitionError} REBASE_TARGET_MISSING, REFERENCE_INVALID
 * @throws {RegistryError} MANIFEST_NOT_FOUND, REGISTRY_DENIED, REGISTRY_UNREACHABLE and others
 * @example
 * ```ts no-run
 * import { rebase } from "layerwright";
 *
 * const result = await rebase("ghcr.io/acme/app:v1", { onto: "debian:bookworm-slim", to: "v1-rebased" });
 * for (const { from, onto, kept } of result.platforms) console.log(from.digest, onto.digest, kept.length);
 * ```
 */
export async function rebase(reference: string, options: RebaseOptions): Promise<RebaseResult> {
  const { rebaseReference } = await import("../project/registry/rebase.js");
  return watched(options, (told) => rebaseReference(reference, told));
}

/** What a user logs in with; an access token goes in the place of the password. */
export interface LoginInput {
  /** Without a colon, which ends it on its way to the registry. */
  readonly username: string;
  readonly password: string;
}

/** What `login` may be told beside the registry and the user. */
export interface LoginOptions {
  readonly signal?: AbortSignal;
  /** @internal Instead of the registry's own answer, for tests. */
  readonly verify?: (
    domain: string,
    credential: Credential,
    signal?: AbortSignal,
  ) => Promise<{ readonly checked: boolean }>;
}

/** Who is logged in to what, and where that is kept. */
export interface LoginResult {
  /** The host, with a port where it has one. */
  readonly registry: string;
  readonly username: string;
  /** Docker's file of credentials. */
  readonly file: string;
  /** The credential helper that keeps the password (`osxkeychain`); without one it is in the file, unencrypted. */
  readonly helper?: string;
  /** False where the registry is open to all and asked for no login: whether it takes this one is not known. */
  readonly checked: boolean;
}

/** What `logout` did. */
export interface LogoutResult {
  /** The host, with a port where it has one. */
  readonly registry: string;
  /** Docker's file of credentials. */
  readonly file: string;
  /** True when there was something to forget. */
  readonly loggedOut: boolean;
  /** Files of podman that know the registry too and were left as they are. */
  readonly elsewhere: readonly string[];
}

/**
 * Logs in to a registry: asks it whether it takes the name and password, and if so keeps them where Docker does, with
 * the credential helper that is set up or in Docker's `config.json`. Docker is then logged in as well.
 *
 * @throws {DefinitionError} LOGIN_INVALID, LOGIN_REGISTRY_INVALID
 * @throws {RegistryError} when the registry does not take the credential, or cannot be reached
 * @throws {EnvironmentError} CREDENTIALS_INVALID, CREDENTIALS_UNWRITABLE, CREDENTIAL_HELPER_MISSING and others
 * @example
 * ```ts
 * import { login } from "layerwright";
 *
 * const password = process.env["REGISTRY_TOKEN"];
 * if (password !== undefined) {
 *   const { registry, file } = await login("ghcr.io", { username: "acme", password });
 *   console.log(`logged in to ${registry}, kept in ${file}`);
 * }
 * ```
 */
export async function login(
  registry: string,
  { username, password }: LoginInput,
  { signal, verify }: LoginOptions = {},
): Promise<LoginResult> {
  const domain = domainOf(registry);
  const problem = loginProblem(username, password);
  if (problem !== undefined) {
    throw new DefinitionError("LOGIN_INVALID", { registry: domain, reason: problem }, { subject: domain });
  }
  const credential = { kind: "password", username, password } as const;
  const { checked } = await (verify ?? (await realVerify()))(domain, credential, signal);
  signal?.throwIfAborted();
  const { saveCredential } = await import("../adapters/credentials-docker/saved-credentials.js");
  const { file, helper } = await saveCredential(domain, credential);
  return { registry: domain, username, file, checked, ...(helper === undefined ? {} : { helper }) };
}

/**
 * Logs out of a registry: removes its credential from Docker's `config.json` and from the credential helper, under
 * every name that Docker has for it. Credentials of single namespaces, and what podman keeps, stay.
 *
 * @throws {DefinitionError} LOGIN_REGISTRY_INVALID
 * @throws {EnvironmentError} CREDENTIALS_INVALID, CREDENTIALS_UNWRITABLE, CREDENTIAL_HELPER_MISSING and others
 * @example
 * ```ts
 * import { logout } from "layerwright";
 *
 * if (process.argv.includes("--logout")) {
 *   const { loggedOut } = await logout("registry.example.com");
 *   console.log(loggedOut ? "logged out" : "was not logged in");
 * }
 * ```
 */
export async function logout(registry: string): Promise<LogoutResult> {
  const domain = domainOf(registry);
  const { eraseCredential } = await import("../adapters/credentials-docker/saved-credentials.js");
  const { file, erased, elsewhere } = await eraseCredential(domain);
  return { registry: domain, file, loggedOut: erased, elsewhere };
}

/** Why a name and a password cannot be a login; undefined where they can. */
export function loginProblem(username: string, password: string): string | undefined {
  if (username === "") return "the user name is empty";
  if (username.includes(":")) return "the user name holds a colon";
  if (/[\x00-\x1f\x7f]/.test(username)) return "the user name holds a control character";
  return password === "" ? "the password is empty" : undefined;
}

function domainOf(registry: string): string {
  return registryDomain(registry, (shown, reason) => {
    throw new DefinitionError("LOGIN_REGISTRY_INVALID", { registry: shown, reason }, { subject: "registry" });
  });
}

async function realVerify(): Promise<NonNullable<LoginOptions["verify"]>> {
  const { verifyLogin } = await import("../adapters/registry-http/http-registry.js");
  return verifyLogin;
}
