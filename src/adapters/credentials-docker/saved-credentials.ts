import type { Credential } from "../../ports/credential-source.js";
import { encodeAuth } from "./auth-entry.js";
import { parseAuthKey } from "./auth-key.js";
import { changeConfig } from "./change-config.js";
import { type ConfigFile, readConfigFile } from "./config-file.js";
import { configPlaces, dockerConfigPath } from "./config-places.js";
import { type DockerCredentialsOptions, entryFor, sharedHelpers } from "./docker-credentials.js";
import { removeEntries, setEntry } from "./edit-json.js";
import { type ChosenHelper, helperFor } from "./helper-credentials.js";
import { dockerKey, helperServers, normalHost } from "./registry-name.js";

/** What a user may log in with: a bearer token is never kept, it lives for minutes. */
export type LoginCredential = Exclude<Credential, { kind: "bearer" }>;

/** Where a credential went. */
export interface SavedCredential {
  readonly file: string;
  /** The helper that keeps the secret; without one it is in the file, which is readable for its owner alone. */
  readonly helper: string | undefined;
}

/** What became of a credential that was to be forgotten. */
export interface ErasedCredential {
  readonly file: string;
  readonly erased: boolean;
  /** Files of podman that know the registry too; they are podman's to change. */
  readonly elsewhere: readonly string[];
}

/**
 * Keeps a credential where Docker does: with the helper that its file names for the registry, else in the file.
 *
 * @throws {EnvironmentError} CREDENTIALS_UNWRITABLE, CREDENTIAL_HELPER_FAILED and their like
 */
export async function saveCredential(
  domain: string,
  credential: LoginCredential,
  options: DockerCredentialsOptions = {},
): Promise<SavedCredential> {
  const file = dockerConfigPath(options);
  const key = dockerKey(domain);
  const helper = helperIn(readConfigFile(file), domain);
  if (helper !== undefined) await (options.helpers ?? sharedHelpers).store(helper, key, credential);
  // What a helper keeps has an empty entry, by which Docker knows that there is something; an old secret goes.
  const entry = helper === undefined ? entryOf(credential) : {};
  await changeConfig(file, ({ text }) => setEntry(text, "auths", key, entry));
  return { file, helper: helper?.helper };
}

/**
 * Forgets the credential of a registry under all names that Docker has for it. Credentials of single namespaces stay.
 *
 * @throws {EnvironmentError} CREDENTIALS_UNWRITABLE, CREDENTIAL_HELPER_FAILED and their like
 */
export async function eraseCredential(
  domain: string,
  options: DockerCredentialsOptions = {},
): Promise<ErasedCredential> {
  const path = dockerConfigPath(options);
  const file = readConfigFile(path);
  const elsewhere = configPlaces(options).filter((place) => place !== path && knows(place, domain));
  if (file === undefined) return { file: path, erased: false, elsewhere };
  const spellings = [...file.auths.keys()].filter((key) => names(key, domain));
  const helper = helperIn(file, domain);
  let erased = spellings.length > 0;
  if (helper !== undefined) {
    const helpers = options.helpers ?? sharedHelpers;
    for (const server of new Set([...helperServers(domain), ...spellings])) {
      if (await helpers.erase(helper, server)) erased = true;
    }
  }
  if (spellings.length > 0) {
    await changeConfig(path, ({ text }) => removeEntries(text, "auths", (key) => names(key, domain)));
  }
  return { file: path, erased, elsewhere };
}

function helperIn(file: ConfigFile | undefined, domain: string): ChosenHelper | undefined {
  return file === undefined ? undefined : helperFor(file, domain);
}

function entryOf(credential: LoginCredential): object {
  if (credential.kind === "identity") return { identitytoken: credential.token };
  return { auth: encodeAuth(credential.username, credential.password) };
}

/** True when a key names the registry as a whole. */
function names(key: string, domain: string): boolean {
  const { host, path } = parseAuthKey(key);
  return host === normalHost(domain) && path === "";
}

function knows(place: string, domain: string): boolean {
  try {
    const file = readConfigFile(place);
    if (file === undefined || helperFor(file, domain) !== undefined) return false;
    return entryFor(file, { domain, path: "" }) !== undefined;
  } catch {
    // What cannot be read is no reason not to log out; whoever needs it will say so.
    return false;
  }
}
