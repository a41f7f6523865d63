import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

/** Something that answers requests as a server would, such as `MemoryRegistry.handle`. */
export type Handler = (request: Request) => Promise<Response>;

export interface Served {
  /** `127.0.0.1:41234`. */
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:41234`. */
  readonly origin: string;
  /** Why connections were cut: what the handler threw, and how bodies failed. */
  readonly failures: readonly unknown[];
  close(): Promise<void>;
}

export interface ServeOptions {
  /** Serves HTTPS with this key and certificate, in PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** @default any free one */
  readonly port?: number;
}

/** Serves a handler on 127.0.0.1. Bodies are streamed both ways; where one fails, the connection is cut. */
export async function serveHandler(handler: Handler, options: ServeOptions = {}): Promise<Served> {
  const failures: unknown[] = [];
  const scheme = options.tls === undefined ? "http" : "https";
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    answer(handler, scheme, incoming, outgoing).catch((error: unknown) => {
      failures.push(error);
      outgoing.destroy();
    });
  };
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  // A test that lets a body trickle must not meet a time limit of the server.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  return {
    host,
    port,
    origin: `${scheme}://${host}`,
    failures,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  handler: Handler,
  scheme: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const response = await handler(requestOf(scheme, incoming));
  const headers = [...response.headers].map(([name, value]) => [name, value] as const);
  outgoing.writeHead(response.status, headers.flat());
  outgoing.flushHeaders();
  if (response.body !== null) await send(response.body, outgoing);
  outgoing.end();
  // What the handler did not want to read would else block the next request of the connection.
  incoming.resume();
}

function requestOf(scheme: string, incoming: IncomingMessage): Request {
  const headers = new Headers();
  for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
    headers.append(incoming.rawHeaders[at]!, incoming.rawHeaders[at + 1]!);
  }
  const method = incoming.method ?? "GET";
  const url = `${scheme}://${headers.get("host")}${incoming.url}`;
  if (method === "GET" || method === "HEAD") return new Request(url, { method, headers });
  return new Request(url, { method, headers, body: bodyOf(incoming), duplex: "half" });
}

/** The body, read when it is asked for. Giving it up does not cut the connection: the answer still has to go out. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const pieces = incoming.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

async function send(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader();
  let written = Promise.resolve();
  let closed = false;
  outgoing.once("close", () => {
    closed = true;
    // Frees a body that never ends, or waits.
    reader.cancel().catch(() => {});
  });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || closed) return;
      let full = false;
      written = new Promise((resolve) => {
        full = !outgoing.write(value, () => resolve());
      });
      if (full) await written;
    }
  } catch (error) {
    // What came before the failure is to arrive.
    await written;
    throw error;
  }
}
