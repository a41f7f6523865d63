import type { Credential, CredentialSource } from "../../../ports/credential-source.js";
import type { Repository } from "../../../ports/registry.js";
import type { Answer } from "../http/answer.js";
import type { HttpRequest } from "../http/request.js";
import { type Challenge, parseChallenges } from "./challenge.js";
import { type AccessToken, basic, fetchToken } from "./fetch-token.js";
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
  readonly #tokens = new Map<string, Promise<AccessToken>>();
  /** What the registry wanted last; with it the next request is answered before it asks. */
  #challenge: Challenge | undefined;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** The `authorization` header for a request, as far as it is known what the registry wants. */
  async header(access: Access, signal?: AbortSignal): Promise<string | undefined> {
    return this.#challenge === undefined ? undefined : this.#answer(this.#challenge, access, false, signal);
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
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    const chosen = bearer ?? challenges.find(({ scheme }) => scheme === "basic");
    if (chosen === undefined) return undefined;
    this.#challenge = chosen;
    const answer = await this.#answer(chosen, access, true, signal);
    return answer === tried ? undefined : answer;
  }

  /** Whether the user has a login for a repository, for messages. */
  async isKnown(repository: Repository): Promise<boolean> {
    return (await this.#credentialFor(repository)) !== undefined;
  }

  async #answer(
    challenge: Challenge,
    { repository, scopes }: Access,
    fresh: boolean,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const credential = await this.#credentialFor(repository, signal);
    if (credential?.kind === "bearer") return `Bearer ${credential.token}`;
    if (challenge.scheme === "basic") return credential?.kind === "password" ? basic(credential) : undefined;
    const wanted = fresh ? withScope(scopes, challenge.parameters["scope"]) : scopes;
    const key = [...wanted].sort().join(" ");
    const known = fresh ? undefined : await this.#tokens.get(key)?.catch(() => undefined);
    if (known !== undefined && known.until > performance.now()) return `Bearer ${known.value}`;
    const asked = this.#fetch(challenge, wanted, credential, signal);
    // Also under the scopes that the next request will name.
    this.#tokens.set(key, asked).set([...scopes].sort().join(" "), asked);
    asked.catch(() => {});
    return `Bearer ${(await asked).value}`;
  }

  #fetch(
    challenge: Challenge,
    scopes: readonly string[],
    credential: Credential | undefined,
    signal: AbortSignal | undefined,
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
    return fetchToken({ registry, server, service, scopes, credential, send, signal });
  }

  #credentialFor(repository: Repository, signal?: AbortSignal): Promise<Credential | undefined> {
    const key = repository.path;
    let known = this.#credentials.get(key);
    if (known === undefined) {
      known = this.#options.credentials?.credentialFor(repository, signal) ?? Promise.resolve(undefined);
      this.#credentials.set(key, known);
    }
    return known;
  }
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
