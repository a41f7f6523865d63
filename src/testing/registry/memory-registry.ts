import { refuse } from "./answers.js";
import { Guard, type RegistryAuth } from "./auth.js";
import { Faults } from "./faults.js";
import { RegistryState } from "./registry-state.js";
import { answerRoute, parseRoute } from "./router.js";

/** Options of a registry in memory. */
export interface MemoryRegistryOptions {
  /** The accounts that may use it. @default everybody */
  readonly auth?: RegistryAuth;
  /** The clock of its tokens, in milliseconds. @default Date.now */
  readonly now?: () => number;
}

/** A request that came, for assertions. Headers are as they were sent, credentials too. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
}

/**
 * A registry by the OCI distribution spec 1.1 that lives in memory: for tests of what pushes and pulls. It holds what
 * is put into it, checks it as registries do, and fails where a test says so.
 *
 * @example
 * ```ts
 * import { MemoryRegistry } from "layerwright/testing";
 *
 * const registry = new MemoryRegistry();
 * const answer = await registry.handle(new Request("http://localhost/v2/acme/app/tags/list"));
 * console.log(answer.status, await answer.json()); // 404, and the error NAME_UNKNOWN
 * ```
 */
export class MemoryRegistry {
  /** The faults that it acts out. */
  readonly faults = new Faults();
  /** The requests that came, in order. */
  readonly requests: ReceivedRequest[] = [];
  readonly #state = new RegistryState();
  readonly #guard: Guard | undefined;

  constructor(options: MemoryRegistryOptions = {}) {
    this.#guard = options.auth && new Guard(options.auth, options.now ?? Date.now);
  }

  /**
   * Answers a request as a server would. Rejects where a scripted fault breaks the connection, or the body of the
   * request fails.
   */
  readonly handle = (request: Request): Promise<Response> => {
    const { method, url, headers } = request;
    this.requests.push({ method, url, headers: new Headers(headers) });
    return this.faults.apply(request, (passed) => this.#answer(passed));
  };

  async #answer(request: Request): Promise<Response> {
    const token = this.#guard?.token(request);
    if (token !== undefined) return token;
    const response = await this.#answerApi(request);
    response.headers.set("docker-distribution-api-version", "registry/2.0");
    return response;
  }

  async #answerApi(request: Request): Promise<Response> {
    const route = parseRoute(new URL(request.url).pathname);
    if (route === undefined) return refuse(404, "UNSUPPORTED", "the registry has no such address");
    return this.#guard?.refusal(route, request) ?? answerRoute(this.#state, route, request);
  }
}
