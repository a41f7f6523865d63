import type { Credential, CredentialSource } from "../../../ports/credential-source.js";
import type { Repository } from "../../../ports/registry.js";
import type { Answer } from "../http/answer.js";
import type { HttpRequest } from "../http/request.js";
import { type Challenge, parseChallenges } from "./challenge.js";
import { type AccessToken, basic, fetchToken, secretsOf } from "./fetch-token.js";
import { tokenServer } from "./token-server.js";

/** What an authorizer needs of its registry. */
export interface AuthorizerOptions {
  readonly registry: string;
  readonly endpoint: URL;
  readonly credentials: CredentialSource | undefined;
  readonly tokenServers: readonly string[];
  readonly send: (request: HttpRequest) => Promise<Answer>;
}

/** Whom a request is made for, and what it wants to do there. */
export interface Access {
  readonly repository: Repository;
  /** In the token specification's form: `repository:library/debian:pull`. */
  readonly scopes: readonly string[];
}

/** The logins of one registry: a token a set of scopes, asked for when the registry first wants one. */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #credentials = new Map<string, Promise<Credential | undefined>>();
  readonly #tokens = new Map<string, AccessToken>();
  /** Tokens that are on their way, by what they are asked for. */
  readonly #asked = new Map<string, Promise<AccessToken>>();
  /** What the registry wanted last; with it the next request is answered before it asks. */
  #challenge: Challenge | undefined;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** The `authorization` header for a request, as far as it is known what the registry wants. */
  async header(access: Access, signal?: AbortSignal): Promise<string | undefined> {
    return this.#challenge === undefined
      ? undefined
      : this.#answer(this.#challenge, access, undefined, signal);
  }

  /**
   * A header that answers a 401, or undefined where there is nothing (more) to say. `tried` is the header that was
   * refused.
   */
  async challenged(
    header: string | undefined,
    access: Access,
    tried: string | undefined,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const challenges = parseChallenges(header);
    const bearer = challenges.filter(({ scheme }) => scheme === "bearer");
    // One without a realm leads nowhere, but if it is all there is, that is what has to be said.
    const chosen =
      bearer.find(({ parameters }) => parameters["realm"]) ??
      challenges.find(({ scheme }) => scheme === "basic") ??
      bearer[0];
    if (chosen === undefined) return undefined;
    this.#challenge = chosen;
    const answer = await this.#answer(chosen, access, { tried }, signal);
    return answer === tried ? undefined : answer;
  }

  /** True when the user has a login for a repository, for messages. */
  async isKnown(repository: Repository): Promise<boolean> {
    return (await this.#credentialFor(repository)) !== undefined;
  }

  /** Texts that messages must not show: the login for a repository, and the tokens that were had for it. */
  async secrets(repository: Repository): Promise<readonly string[]> {
    const credential = await this.#credentialFor(repository);
    return [...secretsOf(credential), ...[...this.#tokens.values()].map(({ value }) => value)];
  }

  /** True when the registry ever asked for a login. */
  get wasAsked(): boolean {
    return this.#challenge !== undefined;
  }

  async #answer(
    challenge: Challenge,
    { repository, scopes }: Access,
    refused: { readonly tried: string | undefined } | undefined,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const credential = await this.#credentialFor(repository, signal);
    if (credential?.kind === "bearer") return `Bearer ${credential.token}`;
    if (challenge.scheme === "basic") return credential?.kind === "password" ? basic(credential) : undefined;
    const wanted = refused === undefined ? scopes : withScope(scopes, challenge.parameters["scope"]);
    const key = keyOf(wanted);
    const known = this.#tokens.get(key);
    const good = known !== undefined && known.until > performance.now();
    // What was refused is no use; what another request has got meanwhile is.
    if (good && `Bearer ${known.value}` !== refused?.tried) return `Bearer ${known.value}`;
    let asked = this.#asked.get(key);
    if (asked === undefined) {
      // Many requests may wait for it, so none of them alone can give it up.
      asked = this.#fetch(challenge, wanted, credential).finally(() => this.#asked.delete(key));
      this.#asked.set(key, asked);
    }
    const token = await unlessAborted(asked, signal);
    // Also under the scopes that the next request will name.
    this.#tokens.set(key, token).set(keyOf(scopes), token);
    return `Bearer ${token.value}`;
  }

  async #fetch(
    challenge: Challenge,
    scopes: readonly string[],
    credential: Credential | undefined,
  ): Promise<AccessToken> {
    const { registry, endpoint, tokenServers, send } = this.#options;
    const withCredential = credential !== undefined;
    const server = tokenServer(challenge.parameters["realm"], {
      registry,
      endpoint,
      allowed: tokenServers,
      withCredential,
    });
    const service = challenge.parameters["service"];
    return fetchToken({ registry, server, service, scopes, credential, send });
  }

  #credentialFor(repository: Repository, signal?: AbortSignal): Promise<Credential | undefined> {
    const key = repository.path;
    let known = this.#credentials.get(key);
    if (known === undefined) {
      known = this.#options.credentials?.credentialFor(repository, signal) ?? Promise.resolve(undefined);
      this.#credentials.set(key, known);
      // A helper that failed, or was given up, is asked again by the next request.
      known.catch(() => this.#credentials.delete(key));
    }
    return known;
  }
}

function keyOf(scopes: readonly string[]): string {
  return [...scopes].sort().join(" ");
}

/** Waits for what others may wait for too. */
async function unlessAborted<Value>(value: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return value;
  signal.throwIfAborted();
  const stop = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { signal: stop.signal });
  });
  return Promise.race([value, aborted]).finally(() => stop.abort());
}

/** The scopes with the one that the registry named, which may be wider than ours. */
function withScope(scopes: readonly string[], named: string | undefined): readonly string[] {
  const all = new Map<string, Set<string>>();
  for (const scope of [...scopes, ...(named ?? "").split(" ")]) {
    const colon = scope.lastIndexOf(":");
    if (colon <= 0) continue;
    const actions = all.get(scope.slice(0, colon)) ?? new Set<string>();
    for (const action of scope.slice(colon + 1).split(",")) actions.add(action);
    all.set(scope.slice(0, colon), actions);
  }
  return [...all].map(([what, actions]) => `${what}:${[...actions].join(",")}`);
}
