import type { Credential, CredentialSource } from "../../ports/credential-source.js";
import type { Repository } from "../../ports/registry.js";
import { credentialOf } from "./auth-entry.js";
import { closeness, parseAuthKey } from "./auth-key.js";
import { type ConfigFile, readConfigFile } from "./config-file.js";
import { configPlaces, type PlacesInput } from "./config-places.js";
import { CredentialHelpers, helperFor } from "./helper-credentials.js";
import { dockerKey } from "./registry-name.js";

/** The helpers of this process: all of it asks them once. */
export const sharedHelpers = new CredentialHelpers();

/** What the credentials depend on beside the files; the process's own by default. */
export interface DockerCredentialsOptions extends PlacesInput {
  readonly helpers?: CredentialHelpers;
}

/**
 * The credentials that Docker and podman keep for the user. The files are believed in the order of
 * `configPlaces`, and the first one that knows a credential decides.
 *
 * Within a file, a helper has the only word for its registries (`credHelpers` before `credsStore`), as with Docker and
 * podman: what `auths` still holds for them is from before the helper was set up. Without a helper the entry of
 * `auths` that names most of the repository decides.
 */
export class DockerCredentials implements CredentialSource {
  readonly #places: readonly string[];
  readonly #helpers: CredentialHelpers;

  constructor(options: DockerCredentialsOptions = {}) {
    this.#places = configPlaces(options);
    this.#helpers = options.helpers ?? sharedHelpers;
  }

  async credentialFor(repository: Repository, signal?: AbortSignal): Promise<Credential | undefined> {
    for (const place of this.#places) {
      signal?.throwIfAborted();
      // Read each time: a login of a minute ago counts, and the files are small.
      const file = readConfigFile(place);
      if (file === undefined) continue;
      const helper = helperFor(file, repository.domain);
      const found =
        helper === undefined
          ? entryFor(file, repository)
          : await unlessAborted(this.#helpers.get(helper), signal);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** The credential in `auths` that is closest to a repository. @throws {EnvironmentError} CREDENTIALS_INVALID */
export function entryFor(file: ConfigFile, repository: Repository): Credential | undefined {
  const usual = dockerKey(repository.domain);
  const candidates = [...file.auths]
    .map(([key, entry]) => ({ key, entry, close: closeness(parseAuthKey(key), repository) ?? -1 }))
    .filter(({ close }) => close >= 0)
    // Of several spellings of the same, the one that Docker writes today is the newest.
    .sort((a, b) => b.close - a.close || Number(b.key === usual) - Number(a.key === usual));
  for (const { key, entry } of candidates) {
    const credential = credentialOf(file, key, entry);
    if (credential !== undefined) return credential;
  }
  return undefined;
}

/** The helper's answer is shared, so it goes on when one who waits for it gives up. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return answer;
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
