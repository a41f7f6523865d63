import { type ClientRequest, type Agent as HttpAgent, request as httpRequest } from "node:http";
import { type Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { RateOptions } from "../pacing/rate-guard.js";
import { CutShort, ProxyRefused, TooSlow } from "./answer.js";
import { IncomingAnswer } from "./incoming-answer.js";
import { proxyAuthorization } from "./proxy.js";
import type { HttpRequest } from "./request.js";
import { begunBody, type Chunks, writeBody } from "./write-body.js";

/** How a request leaves this machine. */
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
