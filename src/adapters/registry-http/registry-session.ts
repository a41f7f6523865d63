import { RegistryError } from "../../errors/layerwright-error.js";
import type { CredentialSource } from "../../ports/credential-source.js";
import type { Repository } from "../../ports/registry.js";
import { Authorizer } from "./auth/authorizer.js";
import type { Endpoint } from "./endpoint.js";
import { type Action, connectionError, isBroken, isPassing, statusError } from "./failure.js";
import { type Answer, readAnswer } from "./http/answer.js";
import type { Connections } from "./http/connections.js";
import { redirectProblem, sameOrigin, shownOrigin, targetOf } from "./http/origin.js";
import type { HttpRequest, RequestBody } from "./http/request.js";
import { Pace, type PaceOptions } from "./pacing/pace.js";
import { retryAfter } from "./pacing/retry-after.js";

/** A request to a registry, with all that surrounds it. */
export interface RegistryRequest {
  readonly repository: Repository;
  readonly action: Action;
  readonly method: HttpRequest["method"];
  /** Where: the registry's own address, or one that it gave (the `Location` of an upload). */
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody | undefined;
  /** Actions on the repository: `pull`, or `pull,push`. */
  readonly scopes: readonly string[];
  /** Statuses that are an answer; all others are errors. */
  readonly expect: readonly number[];
  /** A body that is worth the fast path. */
  readonly large?: boolean;
  /** Tries at most; 1 for what must not be done twice. @default - those of the session */
  readonly attempts?: number;
  readonly signal?: AbortSignal | undefined;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 10;
/** Headers that another origin may see: what is wanted, and what a body is and where it belongs. */
const HARMLESS = new Set([
  "accept",
  "accept-encoding",
  "content-range",
  "content-type",
  "range",
  "user-agent",
]);
const USER_AGENT = "layerwright";

/** What a session needs. */
export interface SessionOptions {
  readonly endpoint: Endpoint;
  readonly connections: Connections;
  readonly credentials: CredentialSource | undefined;
  readonly tokenServers: readonly string[];
  readonly pace: PaceOptions;
  /** Told of what was put up with. */
  readonly onWarning: (message: string) => void;
}

/** One server of a registry: requests with login, redirects, repetition and the server's own pace. */
export class RegistrySession {
  readonly endpoint: Endpoint;
  readonly warn: (message: string) => void;
  readonly #connections: Connections;
  readonly #authorizer: Authorizer;
  readonly #pace: Pace;
  /** Of token servers: whoever waits for a token holds the registry's own pace already. */
  readonly #tokenPace: Pace;

  constructor({ endpoint, connections, credentials, tokenServers, pace, onWarning }: SessionOptions) {
    this.endpoint = endpoint;
    this.warn = onWarning;
    this.#connections = connections;
    this.#pace = new Pace(endpoint.domain, pace);
    this.#authorizer = new Authorizer({
      registry: endpoint.domain,
      endpoint: endpoint.base,
      credentials,
      tokenServers,
      send: (request) => this.#askForToken(request),
    });
    this.#tokenPace = new Pace(endpoint.domain, pace);
  }

  /**
   * Makes a request until there is an answer that is expected.
   *
   * @throws {RegistryError} for every other one, and when the registry cannot be reached
   */
  async request(request: RegistryRequest): Promise<Answer> {
    const { signal, expect, attempts = this.attempts } = request;
    try {
      const { answer, attempt } = await repeated(
        this.#pace,
        attempts,
        () => this.#once(request),
        (status) => expect.includes(status),
        signal,
      );
      if (expect.includes(answer.status)) return answer;
      throw await this.#refusal(answer, request, attempt);
    } catch (error) {
      signal?.throwIfAborted();
      throw connectionError(error, this.endpoint.domain);
    }
  }

  /** True when the registry ever asked for a login. */
  get wasAsked(): boolean {
    return this.#authorizer.wasAsked;
  }

  /** Tries of something that may pass, in all. */
  get attempts(): number {
    return this.#pace.options.attempts;
  }

  /** Waits before something that consists of several requests is tried again. */
  backOff(attempt: number, signal?: AbortSignal): Promise<void> {
    return this.#pace.backOff(attempt, signal);
  }

  /** A token server is repeated like the registry, at a pace of its own. */
  async #askForToken(request: HttpRequest): Promise<Answer> {
    const headers = { ...request.headers, "user-agent": USER_AGENT };
    const once = async () => {
      const answer = await this.#connections.send({ ...request, headers });
      const wait = waitOf(answer);
      if (wait !== undefined) this.#tokenPace.hold(wait);
      return answer;
    };
    const { attempts } = this.#tokenPace.options;
    return (await repeated(this.#tokenPace, attempts, once, () => false, request.signal)).answer;
  }

  /** Once, with the login that the registry wants. */
  async #once(request: RegistryRequest): Promise<Answer> {
    const { repository, scopes, signal } = request;
    const own = sameOrigin(request.url, this.endpoint.base);
    const access = { repository, scopes };
    const authorization = own ? await this.#authorizer.header(access, signal) : undefined;
    const answer = await this.#follow(request, authorization);
    const asks = answer.status === 401 && sameOrigin(answer.url, this.endpoint.base) && own;
    if (!asks) return this.#noted(answer);
    // Its connection is free from here on: the token server may be the same one, and its connections be used up.
    const refusal = await readAnswer(answer);
    const challenge = answer.headers["www-authenticate"];
    const other = await this.#authorizer.challenged(challenge, access, authorization, signal);
    if (other === undefined) return refusal;
    return this.#noted(await this.#follow(request, other));
  }

  /**
   * Follows redirects: all kinds of what only reads, and those that keep method and body (307, 308) of what writes.
   * Another origin gets no login, no cookie and no header of ours that it need not have.
   */
  async #follow(request: RegistryRequest, authorization: string | undefined): Promise<Answer> {
    const { method, body, signal } = request;
    const all = { "accept-encoding": "identity", "user-agent": USER_AGENT, ...request.headers };
    let { url } = request;
    let login = authorization;
    let headers: Readonly<Record<string, string>> = all;
    for (let hop = 0; ; hop++) {
      const sent = login === undefined ? headers : { ...headers, authorization: login };
      const one = { method, url, headers: sent, body, signal };
      const answer = await (request.large === true
        ? this.#connections.sendLarge(one)
        : this.#connections.send(one));
      const { location } = answer.headers;
      if (!REDIRECTS.has(answer.status) || location === undefined) return answer;
      answer.discard();
      const next = this.#nextOf(url, location, hop);
      if (method !== "GET" && method !== "HEAD" && answer.status < 307) {
        const reason = `a ${method} is not sent again after ${answer.status}`;
        throw this.#redirectRefused(shownOrigin(next), reason);
      }
      if (!sameOrigin(next, url) || !sameOrigin(next, this.endpoint.base)) {
        login = undefined;
        headers = Object.fromEntries(Object.entries(all).filter(([name]) => HARMLESS.has(name)));
      }
      url = next;
    }
  }

  #nextOf(url: URL, location: string, hop: number): URL {
    const next = targetOf(location, url);
    if (next === undefined) throw this.#redirectRefused("no address at all", "it is no URL");
    const problem = redirectProblem(url, next);
    if (problem !== undefined) throw this.#redirectRefused(shownOrigin(next), problem);
    if (hop === MOST_REDIRECTS)
      throw this.#redirectRefused(shownOrigin(next), `it is the ${hop + 1}th redirect of one request`);
    return next;
  }

  #redirectRefused(target: string, reason: string): RegistryError {
    const registry = this.endpoint.domain;
    return new RegistryError("REDIRECT_REFUSED", { registry, target, reason }, { subject: registry });
  }

  #noted(answer: Answer): Answer {
    const wait = waitOf(answer);
    // Also what a server said that the registry leads to: the next try would end there again.
    if (wait !== undefined) this.#pace.hold(wait);
    return answer;
  }

  async #refusal(
    answer: Answer,
    { repository, action }: RegistryRequest,
    attempts: number,
  ): Promise<RegistryError> {
    // Before a helper is asked, which may take its time.
    const read = await readAnswer(answer);
    const known = await this.#authorizer.isKnown(repository).catch(() => false);
    const milliseconds = waitOf(answer) ?? 0;
    const wait = milliseconds > this.#pace.options.longestMs ? Math.ceil(milliseconds / 1000) : undefined;
    const secrets = await this.#authorizer.secrets(repository).catch(() => []);
    const { base } = this.endpoint;
    return statusError(read, { repository, action, known, attempts, base, wait, secrets });
  }
}

/** Makes a request until its answer is one that stays, or the tries are used up. */
async function repeated(
  pace: Pace,
  attempts: number,
  once: () => Promise<Answer>,
  isExpected: (status: number) => boolean,
  signal: AbortSignal | undefined,
): Promise<{ readonly answer: Answer; readonly attempt: number }> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const last = attempt >= attempts;
    let answer: Answer;
    try {
      answer = await pace.pass(once, signal);
    } catch (error) {
      if (last || !isBroken(error)) throw error;
      await pace.backOff(attempt, signal);
      continue;
    }
    if (last || isExpected(answer.status) || !isPassing(answer.status)) return { answer, attempt };
    const wait = waitOf(answer);
    // Longer than one waits: what the server says of it is the answer.
    if (wait !== undefined && wait > pace.options.longestMs) return { answer, attempt };
    answer.discard();
    // Where the server says when, that is when; it was noted as the answer came.
    if (wait === undefined) await pace.backOff(attempt, signal);
  }
}

function waitOf({ status, headers }: Answer): number | undefined {
  if (!isPassing(status)) return undefined;
  return retryAfter(headers["retry-after"], headers.date);
}
