import { RegistryError } from "../../errors/layerwright-error.js";
import type { CredentialSource } from "../../ports/credential-source.js";
import type { Repository } from "../../ports/registry.js";
import { Authorizer } from "./auth/authorizer.js";
import type { Endpoint } from "./endpoint.js";
import { type Action, connectionError, isBroken, isPassing, statusError } from "./failure.js";
import { type Answer, readAnswer } from "./http/answer.js";
import type { Connections } from "./http/connections.js";
import { redirectProblem, sameOrigin, shownOrigin } from "./http/origin.js";
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
  /** False for what must not be done twice. @default true */
  readonly repeat?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const MOST_REDIRECTS = 10;
/** Headers that another origin may see. */
const HARMLESS = new Set(["accept", "accept-encoding", "range", "user-agent"]);
const USER_AGENT = "layerwright";

/** What a session needs. */
export interface SessionOptions {
  readonly endpoint: Endpoint;
  readonly connections: Connections;
  readonly credentials: CredentialSource | undefined;
  readonly tokenServers: readonly string[];
  readonly pace: PaceOptions;
}

/** One server of a registry: requests with login, redirects, repetition and the server's own pace. */
export class RegistrySession {
  readonly endpoint: Endpoint;
  readonly #connections: Connections;
  readonly #authorizer: Authorizer;
  readonly #pace: Pace;
  /** Of token servers: whoever waits for a token holds the registry's own pace already. */
  readonly #tokenPace: Pace;

  constructor({ endpoint, connections, credentials, tokenServers, pace }: SessionOptions) {
    this.endpoint = endpoint;
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
    const { signal, expect, repeat = true } = request;
    const attempts = repeat ? this.#pace.options.attempts : 1;
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

  /** Follows redirects of what only reads. Another origin gets no login, no cookie and no header of ours that it need not have. */
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
      const redirected = [301, 302, 303, 307, 308].includes(answer.status) && location !== undefined;
      if (!redirected || (method !== "GET" && method !== "HEAD")) return answer;
      answer.discard();
      const next = this.#nextOf(url, location, hop);
      if (!sameOrigin(next, url) || !sameOrigin(next, this.endpoint.base)) {
        login = undefined;
        headers = Object.fromEntries(Object.entries(all).filter(([name]) => HARMLESS.has(name)));
      }
      url = next;
    }
  }

  #nextOf(url: URL, location: string, hop: number): URL {
    const registry = this.endpoint.domain;
    const refuse = (target: string, reason: string) =>
      new RegistryError("REDIRECT_REFUSED", { registry, target, reason }, { subject: registry });
    if (!URL.canParse(location, url.href)) throw refuse("no address at all", "it is no URL");
    const next = new URL(location, url);
    const problem = redirectProblem(url, next);
    if (problem !== undefined) throw refuse(shownOrigin(next), problem);
    if (hop === MOST_REDIRECTS)
      throw refuse(shownOrigin(next), `it is the ${hop + 1}th redirect of one request`);
    return next;
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
    return statusError(read, { repository, action, known, attempts });
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
    answer.discard();
    // Where the server says when, that is when; it was noted as the answer came.
    if (waitOf(answer) === undefined) await pace.backOff(attempt, signal);
  }
}

function waitOf({ status, headers }: Answer): number | undefined {
  if (!isPassing(status)) return undefined;
  return retryAfter(headers["retry-after"], headers.date);
}
