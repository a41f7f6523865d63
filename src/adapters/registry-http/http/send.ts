import {
  type ClientRequest,
  type Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from "node:http";
import { type Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { type Answer, BodyTooLong, CutShort, TooSlow } from "./answer.js";
import { proxyAuthorization } from "./proxy.js";
import type { HttpRequest } from "./request.js";

/** How a request leaves this machine. */
export interface Route {
  readonly agent: HttpAgent | HttpsAgent;
  /** A proxy that is asked for the whole address; https goes through a tunnel, which the agent makes. */
  readonly proxy?: URL | undefined;
  /** Milliseconds without a byte until a connection counts as dead. */
  readonly idleMs: number;
}

/** Sends one request and gives the head of the answer. */
export function send(request: HttpRequest, route: Route): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = open(request, route);
    const { signal } = request;
    const onAbort = () => void outgoing.destroy(signal?.reason as Error);
    if (signal?.aborted === true) {
      onAbort();
      return reject(signal.reason as Error);
    }
    signal?.addEventListener("abort", onAbort, { once: true });
    outgoing.once("close", () => signal?.removeEventListener("abort", onAbort));
    outgoing.setTimeout(route.idleMs, () => {
      outgoing.destroy(new TooSlow(`no byte for ${Math.round(route.idleMs / 1000)} s`));
    });
    outgoing.on("error", reject);
    outgoing.once("response", (incoming) => resolve(new IncomingAnswer(incoming, request.url)));
    void write(outgoing, request).catch((error: unknown) => {
      outgoing.destroy(error as Error);
      reject(error);
    });
  });
}

function open({ method, url, headers, body }: HttpRequest, { agent, proxy }: Route): ClientRequest {
  const secure = url.protocol === "https:";
  const whole = proxy !== undefined && !secure;
  const at = whole ? proxy : url;
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
    path: whole ? url.href : `${url.pathname}${url.search}`,
    agent,
    headers: { host: url.host, ...headers, ...sized, ...(whole ? proxyAuthorization(proxy) : {}) },
  });
}

async function write(outgoing: ClientRequest, { body }: HttpRequest): Promise<void> {
  if (body !== undefined) {
    for await (const chunk of body.bytes()) {
      // The memory of a chunk is used again, so it has to be gone before the next one is asked for.
      const open = await new Promise<boolean>((resolve) => {
        const done = () => resolve(false);
        outgoing.once("close", done);
        outgoing.write(chunk, (error) => {
          outgoing.off("close", done);
          resolve(error === null || error === undefined);
        });
      });
      // Who closed it has said why, in an answer or an error.
      if (!open) return;
    }
  }
  outgoing.end();
}

class IncomingAnswer implements Answer {
  readonly status: number;
  readonly headers: Answer["headers"];
  readonly url: URL;
  readonly #incoming: IncomingMessage;

  constructor(incoming: IncomingMessage, url: URL) {
    this.status = incoming.statusCode ?? 0;
    this.headers = incoming.headers;
    this.url = url;
    this.#incoming = incoming;
    // Until somebody listens, an error must not end the process.
    incoming.on("error", () => {});
  }

  pump(sink: (chunk: Uint8Array) => void): Promise<void> {
    const incoming = this.#incoming;
    return new Promise((resolve, reject) => {
      incoming.on("error", reject);
      incoming.on("data", (chunk: Buffer) => {
        try {
          sink(chunk);
        } catch (error) {
          reject(error);
          incoming.destroy();
        }
      });
      incoming.once("end", () => (incoming.complete ? resolve() : reject(new CutShort())));
      incoming.once("close", () => reject(new CutShort()));
    });
  }

  async read(limit: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    await this.pump((chunk) => {
      size += chunk.length;
      if (size > limit) throw new BodyTooLong(limit);
      chunks.push(chunk as Buffer);
    });
    return Buffer.concat(chunks);
  }

  discard(): void {
    const length = Number(this.headers["content-length"] ?? Number.NaN);
    // A short rest is read, so that the connection can be used again.
    if (length <= 65536 || this.#incoming.complete) this.#incoming.resume();
    else this.#incoming.destroy();
  }
}
