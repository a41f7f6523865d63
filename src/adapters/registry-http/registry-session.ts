import type { RegistryError } from "../../errors/layerwright-error.js";
import type { CredentialSource, Repository } from "../../ports/registry.js";
import { Authorizer } from "./authorizer.js";
import { type Action, connectionError, statusError } from "./failure.js";
import type { Connections } from "./http/connections.js";
import type { HttpRequest, RequestBody } from "./http/message.js";
import { type Answer, readAnswer } from "./http/message.js";
import { follow, sameOrigin } from "./http/origin.js";
import { Pace, type PaceOptions, repeated, waitOf } from "./pace.js";
import type { Endpoint } from "./settings.js";

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

const USER_AGENT = "layerwright";

/** The means of a session. */
interface SessionOptions {
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

  #follow(request: RegistryRequest, authorization: string | undefined): Promise<Answer> {
    const { method, url, headers = {}, body, signal } = request;
    const send = (one: HttpRequest) =>
      request.large === true ? this.#connections.sendLarge(one) : this.#connections.send(one);
    const login = { authorization, origin: this.endpoint.base };
    return follow({ method, url, headers, body, signal }, send, login);
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
