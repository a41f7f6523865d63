import { RegistryError } from "../../errors/layerwright-error.js";
import type { Credential, CredentialSource, Repository } from "../../ports/registry.js";
import { connectionReason, refusalWords } from "./failure.js";
import { type Answer, BodyTooLong, type HttpRequest } from "./http/message.js";
import { isPrivate, sameOrigin, shownOrigin, targetOf } from "./http/origin.js";

/** The facts that an authorizer needs of its registry. */
interface AuthorizerOptions {
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
  /** The last challenge of the registry; with it the next request is answered before it asks. */
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

/** One way to log in that a server offers (RFC 9110 section 11.6.1). */
interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const SCHEME = new RegExp(`^[\\s,]*(${TOKEN})(?=\\s|,|$)(?!\\s*=)`);
const PARAMETER = new RegExp(`^[\\s,]*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]*))`);

/** The challenges of a `WWW-Authenticate` header; several may share one line. What cannot be read is left out. */
export function parseChallenges(header: string | undefined): readonly Challenge[] {
  let rest = header ?? "";
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  for (;;) {
    const parameter = PARAMETER.exec(rest);
    if (parameter !== null && found.length > 0) {
      const [all, name = "", quoted, plain = ""] = parameter;
      found.at(-1)!.parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? plain;
      rest = rest.slice(all.length);
      continue;
    }
    const scheme = SCHEME.exec(rest);
    if (scheme === null) return found;
    found.push({ scheme: scheme[1]!.toLowerCase(), parameters: {} });
    rest = rest.slice(scheme[0].length);
  }
}

/** Token servers that are known to belong to a registry of another name. */
const KNOWN: Readonly<Record<string, string>> = {
  "registry-1.docker.io": "https://auth.docker.io",
  "registry.gitlab.com": "https://gitlab.com",
};

/** The facts that decide whether a token server is believed. */
interface TokenServerRules {
  /** The registry's name in messages. */
  readonly registry: string;
  readonly endpoint: URL;
  /** Hosts, with a port where one is meant, that the user allows. */
  readonly allowed: readonly string[];
  /** True when the user's credential would be sent. */
  readonly withCredential: boolean;
}

/**
 * The token server that a registry names, if it may be asked. A registry can name any address, so a credential goes
 * only to the registry's own origin, to what is known to belong to it, and to what the user has allowed; and without
 * one, nothing is asked that only this machine or network can reach (server-side request forgery).
 *
 * @throws {RegistryError} TOKEN_SERVER_REFUSED
 */
function tokenServer(realm: string | undefined, rules: TokenServerRules): URL {
  const { registry, endpoint, allowed, withCredential } = rules;
  const refuse = (server: string, reason: string): never => {
    throw new RegistryError("TOKEN_SERVER_REFUSED", { registry, server, reason }, { subject: registry });
  };
  let url: URL;
  try {
    url = targetOf(new URL(realm ?? "").href, endpoint)!;
  } catch {
    return refuse("no address at all", "it is no URL");
  }
  if (url.username !== "" || url.password !== "")
    return refuse(shownOrigin(url), "the address holds a credential");
  if (sameOrigin(url, endpoint)) return url;
  // In the clear only where the registry itself is: else a registry could have a login sent for all to read.
  const secret = url.protocol === "https:" || (url.protocol === "http:" && endpoint.protocol === "http:");
  if (allowed.includes(url.host) && secret) return url;
  if (url.protocol !== "https:")
    return refuse(shownOrigin(url), "it is another server, and not reached by https");
  if (isPrivate(url.hostname)) return refuse(shownOrigin(url), "it is an address of a private network");
  if (KNOWN[endpoint.host] === url.origin) return url;
  if (withCredential) return refuse(shownOrigin(url), "it is another server than the registry");
  return url;
}

/** A token, and for how long it is good. */
interface AccessToken {
  readonly value: string;
  /** By the monotonic clock, in milliseconds: a wrong wall clock does no harm. */
  readonly until: number;
}

/** The parts of a request for a token. */
interface TokenRequest {
  readonly registry: string;
  readonly server: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  readonly send: (request: HttpRequest) => Promise<Answer>;
}

/** Bytes of an answer at most. */
const MOST_BYTES = 1 << 20;
/** Seconds, where the server does not say (distribution's token specification). */
const DEFAULT_LIFE = 60;
const MOST_LIFE = 3600;
const MOST_REDIRECTS = 3;

/**
 * Gets a token for some scopes: by GET, or, with an identity token, by the OAuth 2 POST of a refresh token
 * (distribution's docs/spec/auth/token.md and oauth.md).
 *
 * @throws {RegistryError} TOKEN_FAILED
 */
export async function fetchToken(request: TokenRequest): Promise<AccessToken> {
  const { registry, server } = request;
  const fail = (reason: string): never => {
    throw new RegistryError("TOKEN_FAILED", { registry, server: server.host, reason }, { subject: registry });
  };
  const asked = performance.now();
  const answer = await ask(request, fail);
  if (answer.status !== 200) {
    const { status } = answer;
    const words = await refusalWords(answer, secretsOf(request.credential));
    const refused =
      status === 401 || status === 403 ? `it refuses the login (${status})` : `it answers ${status}`;
    return fail(words === "" ? refused : `${refused}, ${words}`);
  }
  let body: unknown;
  try {
    body = JSON.parse((await answer.read(MOST_BYTES)).toString("utf8"));
  } catch (error) {
    if (error instanceof BodyTooLong) return fail("its answer is too long");
    return fail(connectionReason(error) ?? "its answer cannot be read");
  }
  const { token, access_token, expires_in } = (body ?? {}) as Record<string, unknown>;
  const value = [token, access_token].find((it) => typeof it === "string" && it !== "");
  // A token is put into a header, where a line break would begin another one.
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) return fail("its answer holds no token");
  return { value, until: asked + lifeOf(expires_in) * 1000 };
}

/** Seconds that a token is used for: a little less than it is good for. */
function lifeOf(expiresIn: unknown): number {
  const stated = typeof expiresIn === "string" ? Number(expiresIn) : expiresIn;
  const life = typeof stated === "number" && Number.isFinite(stated) && stated > 0 ? stated : DEFAULT_LIFE;
  return Math.min(life, MOST_LIFE) * 0.9;
}

async function ask(request: TokenRequest, fail: (reason: string) => never): Promise<Answer> {
  let { server } = request;
  for (let hop = 0; ; hop++) {
    let answer: Answer;
    try {
      answer = await request.send(requestFor(request, server));
    } catch (error) {
      const reason = connectionReason(error);
      if (reason === undefined) throw error;
      return fail(reason);
    }
    const { location } = answer.headers;
    if (answer.status < 300 || answer.status > 399 || location === undefined) return answer;
    answer.discard();
    if (!URL.canParse(location, server.href)) return fail("it redirects to no address at all");
    const next = new URL(location, server);
    // A token server that sends a login elsewhere is not followed there.
    if (!sameOrigin(next, request.server)) return fail("it redirects to another server");
    if (hop === MOST_REDIRECTS) return fail("it redirects again and again");
    server = next;
  }
}

function requestFor({ service, scopes, credential }: TokenRequest, server: URL): HttpRequest {
  if (credential?.kind === "identity") {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: credential.token,
      client_id: "layerwright",
      ...(service === undefined ? {} : { service }),
      ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
    });
    const bytes = Buffer.from(form.toString());
    const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
    return {
      method: "POST",
      url: server,
      headers,
      body: { size: bytes.length, bytes: () => [bytes] },
    };
  }
  const url = new URL(server);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const headers: Record<string, string> = { accept: "application/json" };
  if (credential?.kind === "password") headers["authorization"] = basic(credential);
  return { method: "GET", url, headers };
}

/** The parts of a credential that nobody may see, as they are and as they are sent. */
function secretsOf(credential: Credential | undefined): readonly string[] {
  if (credential === undefined) return [];
  if (credential.kind !== "password") return [credential.token];
  return [credential.password, basic(credential).slice("Basic ".length)];
}

/** The header of a name and a password (RFC 7617). */
export function basic({
  username,
  password,
}: {
  readonly username: string;
  readonly password: string;
}): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
