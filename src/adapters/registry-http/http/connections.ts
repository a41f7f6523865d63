import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { RateOptions } from "../pacing/rate-guard.js";
import type { Answer } from "./answer.js";
import type { IncomingAnswer } from "./incoming-answer.js";
import { type Environment, proxiesOf } from "./proxy.js";
import { NotRaw, rawGet } from "./raw-get.js";
import type { HttpRequest, TlsTrust } from "./request.js";
import { type Route, send } from "./send.js";
import { isSocks, socksAgent } from "./socks.js";
import { tlsOptions } from "./tls-options.js";
import { tunnelAgent } from "./tunnel.js";

/** What connections depend on. */
export interface ConnectionOptions {
  readonly env: Environment;
  /** Certificates for a server, by host and port. */
  readonly trustOf: (host: string) => TlsTrust | undefined;
  readonly idleMs: number;
  readonly rate: RateOptions;
}

/** Connections at the same time to one server. */
const MOST_SOCKETS = 8;

/** All connections of a client: kept open between requests, through proxies where there are any. */
export class Connections {
  readonly #options: ConnectionOptions;
  readonly #proxyOf: (url: URL) => URL | undefined;
  readonly #routes = new Map<string, Route>();
  /** Servers whose answers are of no shape that the fast path reads. */
  readonly #notRaw = new Set<string>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#proxyOf = proxiesOf(options.env);
  }

  send(request: HttpRequest): Promise<IncomingAnswer> {
    return send(request, this.#routeOf(request.url));
  }

  /** A GET whose body is large: read with less effort where nothing stands between. */
  async sendLarge(request: HttpRequest): Promise<Answer> {
    const { url, headers, signal } = request;
    if (this.#proxyOf(url) !== undefined || this.#notRaw.has(url.origin)) return this.send(request);
    try {
      const secure = this.#tlsOf(url);
      const { idleMs, rate } = this.#options;
      return await rawGet({ url, headers, secure, idleMs, rate, signal });
    } catch (error) {
      if (!(error instanceof NotRaw)) throw error;
      this.#notRaw.add(url.origin);
      return this.send(request);
    }
  }

  close(): void {
    for (const { agent } of this.#routes.values()) agent.destroy();
    this.#routes.clear();
  }

  #tlsOf(url: URL): ReturnType<typeof tlsOptions> {
    // The system's list is long, and plain http has no use for it.
    return url.protocol === "https:" ? tlsOptions(this.#options.trustOf(url.host)) : {};
  }

  #routeOf(url: URL): Route {
    const known = this.#routes.get(url.origin);
    if (known !== undefined) return known;
    const { idleMs, rate } = this.#options;
    const proxy = this.#proxyOf(url);
    const secure = this.#tlsOf(url);
    const settings = { keepAlive: true, maxSockets: MOST_SOCKETS };
    const direct =
      url.protocol === "https:" ? new HttpsAgent({ ...settings, ...secure }) : new HttpAgent(settings);
    const route: Route =
      proxy === undefined
        ? { agent: direct, idleMs, rate }
        : isSocks(proxy)
          ? { agent: socksAgent(proxy, url.protocol === "https:" ? secure : undefined, idleMs), idleMs, rate }
          : url.protocol === "https:"
            ? { agent: tunnelAgent(proxy, secure, idleMs), idleMs, rate }
            : { agent: proxy.protocol === "https:" ? new HttpsAgent(settings) : direct, proxy, idleMs, rate };
    this.#routes.set(url.origin, route);
    return route;
  }
}
