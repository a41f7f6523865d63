import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import {
  createSecureContext,
  rootCertificates,
  type SecureContext,
  type ConnectionOptions as TlsOptions,
} from "node:tls";
import {
  type Answer,
  CutShort,
  type HttpRequest,
  IncomingAnswer,
  longestFor,
  ProxyRefused,
  type RateOptions,
  secondsOf,
  type TlsTrust,
  TooSlow,
} from "./message.js";
import {
  type Environment,
  isSocks,
  proxiesOf,
  proxyAuthorization,
  socksAgent,
  tunnelAgent,
} from "./proxy.js";
import { NotRaw, rawGet } from "./raw-get.js";

/** Options of connections. */
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

/** The way of a request out of this machine. */
export interface Route {
  readonly agent: HttpAgent | HttpsAgent;
  /** A proxy that is asked for the whole address; https goes through a tunnel, which the agent makes. */
  readonly proxy?: URL | undefined;
  /** Milliseconds without a byte until a connection counts as dead. */
  readonly idleMs: number;
  readonly rate: RateOptions;
}

/** Sends one request and gives the head of the answer. */
export async function send(request: HttpRequest, route: Route): Promise<IncomingAnswer> {
  request.signal?.throwIfAborted();
  const body = request.body && (await begunBody(request.body.bytes()));
  return exchange(request, route, body);
}

function exchange(request: HttpRequest, route: Route, body: Chunks | undefined): Promise<IncomingAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = open(request, route);
    const { signal } = request;
    let answer: IncomingAnswer | undefined;
    const fail = (error: unknown) => {
      reject(error);
      answer?.fail(error);
      outgoing.destroy();
    };
    const onAbort = () => fail(signal?.reason);
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    outgoing.once("close", () => {
      signal?.removeEventListener("abort", onAbort);
      reject(new CutShort());
    });
    outgoing.on(
      "timeout",
      () => answer?.isHeld || fail(new TooSlow(`no byte for ${Math.round(route.idleMs / 1000)} s`)),
    );
    outgoing.on("error", (error: NodeJS.ErrnoException) =>
      reject(proxyError(error, request, route) ?? error),
    );
    outgoing.once("response", (incoming) => {
      if (wholeProxy(request, route) !== undefined && incoming.statusCode === 407) {
        return fail(new ProxyRefused(wholeProxy(request, route)!.host, "it answers 407"));
      }
      answer = new IncomingAnswer(incoming, outgoing, request.url, route.rate);
      resolve(answer);
    });
    if (body === undefined) outgoing.end();
    else {
      const unwanted = () => answer !== undefined && answer.status >= 300;
      writeBody(outgoing, body, route.rate, unwanted).catch(fail);
    }
  });
}

/** The proxy that is asked instead of the server. */
function wholeProxy({ url }: HttpRequest, { proxy }: Route): URL | undefined {
  return url.protocol === "https:" ? undefined : proxy;
}

/** A proxy that is not there is another thing to mend than a registry that is not there. */
function proxyError(
  { code, syscall }: NodeJS.ErrnoException,
  request: HttpRequest,
  route: Route,
): ProxyRefused | undefined {
  const proxy = wholeProxy(request, route);
  if (proxy === undefined || (syscall !== "connect" && syscall !== "getaddrinfo")) return undefined;
  return new ProxyRefused(proxy.host, code ?? "it cannot be reached");
}

function open(request: HttpRequest, route: Route): ClientRequest {
  const { method, url, headers, body } = request;
  const proxy = wholeProxy(request, route);
  const at = proxy ?? url;
  const sized =
    body === undefined
      ? method === "POST" || method === "PUT"
        ? { "content-length": "0" }
        : {}
      : { "content-length": String(body.size) };
  return (at.protocol === "https:" ? httpsRequest : httpRequest)({
    method,
    host: at.hostname.replace(/^\[|\]$/g, ""),
    port: at.port === "" ? (at.protocol === "https:" ? 443 : 80) : at.port,
    path: proxy === undefined ? `${url.pathname}${url.search}` : withoutLogin(url),
    agent: route.agent,
    // From the first packet on: `setTimeout` of a request waits for the connection.
    timeout: route.idleMs,
    headers: {
      host: url.host,
      ...headers,
      ...sized,
      ...(proxy === undefined ? {} : proxyAuthorization(proxy)),
    },
  });
}

function withoutLogin(url: URL): string {
  return `${url.origin}${url.pathname}${url.search}`;
}

/** The bytes of a body as they are sent. */
export type Chunks = AsyncIterable<Uint8Array>;

/** Bytes that are watched together on their way out. */
const SLICE = 1 << 18;

/** The chunks of a body, the first of them made: what takes its time to begin holds no connection meanwhile. */
async function begunBody(chunks: Chunks | Iterable<Uint8Array>): Promise<Chunks> {
  const all = (async function* () {
    yield* chunks;
  })();
  const first = await all.next();
  return (async function* () {
    try {
      if (first.done !== true) yield first.value;
      yield* all;
    } finally {
      await all.return();
    }
  })();
}

/** Sends a body and ends the request; stops where an answer makes the rest pointless. */
async function writeBody(
  outgoing: ClientRequest,
  chunks: Chunks,
  rate: RateOptions,
  isUnwanted: () => boolean,
): Promise<void> {
  const watch = new SliceWatch(outgoing, rate);
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += SLICE) {
        // The memory of a chunk is used again, so it has to be gone before the next one is asked for.
        const open = await watch.write(chunk.subarray(at, at + SLICE));
        // Who closed it has said why, in an answer or an error.
        if (!open || isUnwanted()) return;
      }
    }
  } finally {
    watch.stop();
  }
  outgoing.end();
}

/** Writes slices, one after another, and watches that each leaves in time: with one timer, for there are thousands. */
class SliceWatch {
  readonly #outgoing: ClientRequest;
  readonly #timer: NodeJS.Timeout;
  #size = 0;
  #began = 0;
  #settle: ((open: boolean) => void) | undefined;
  #reject: (error: unknown) => void = () => {};

  constructor(outgoing: ClientRequest, rate: RateOptions) {
    this.#outgoing = outgoing;
    outgoing.once("close", () => this.#done(false));
    const shortest = longestFor(1, rate);
    this.#timer = setInterval(() => this.#check(rate), Math.max(5, shortest / 4));
  }

  /** True when the connection is still open when the bytes have left. */
  write(slice: Uint8Array): Promise<boolean> {
    if (this.#outgoing.destroyed) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      this.#size = slice.length;
      this.#began = performance.now();
      this.#settle = resolve;
      this.#reject = reject;
      this.#outgoing.write(slice, (error) => this.#done(error === null || error === undefined));
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #done(open: boolean): void {
    this.#settle?.(open);
    this.#settle = undefined;
  }

  #check(rate: RateOptions): void {
    const longest = longestFor(this.#size, rate);
    if (this.#settle === undefined || performance.now() - this.#began < longest) return;
    this.#settle = undefined;
    this.#reject(new TooSlow(`less than ${this.#size} bytes taken in ${secondsOf(longest)} s`));
  }
}

/** To read a hundred certificates takes as long as many a request, so it is done once. */
const contexts = new WeakMap<TlsTrust, SecureContext>();

/** Options of a TLS connection. Authorities of the user's own come beside the usual ones, not in their place. */
function tlsOptions(trust: TlsTrust | undefined): Pick<TlsOptions, "secureContext"> {
  if (trust === undefined) return {};
  let secureContext = contexts.get(trust);
  if (secureContext === undefined) {
    const { ca, cert, key } = trust;
    secureContext = createSecureContext({
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ...ca] }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
    contexts.set(trust, secureContext);
  }
  return { secureContext };
}
