import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { request as requestTls } from "node:https";
import { PassThrough, type Writable } from "node:stream";
import type { EngineAddress } from "./engine-place.js";

/** What an engine answered, read to its end. */
export interface EngineAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** More of an answer is not kept: what is said of an image fits. */
const MAX_BODY = 4 << 20;

/** A connection that failed: the engine is not there, or went away. */
export class EngineConnectionError extends Error {}

/** Asks an engine's API something. */
export async function askEngine(
  address: EngineAddress,
  path: string,
  milliseconds: number,
): Promise<EngineAnswer> {
  const signal = AbortSignal.timeout(milliseconds);
  return exchange(address, { method: "GET", path, signal }, async (stream) => void stream.end());
}

/** Sends an engine what `write` writes. An answer that comes before the end stops the writing. */
export async function sendEngine(
  address: EngineAddress,
  path: string,
  contentType: string,
  write: (stream: Writable) => Promise<void>,
  signal?: AbortSignal,
): Promise<EngineAnswer> {
  const headers = { "content-type": contentType };
  const options = { method: "POST", path, headers, ...(signal === undefined ? {} : { signal }) };
  return exchange(address, options, async (stream) => {
    await write(stream);
    stream.end();
  });
}

async function exchange(
  address: EngineAddress,
  options: RequestOptions,
  write: (stream: Writable) => Promise<void>,
): Promise<EngineAnswer> {
  const body = new PassThrough();
  const outgoing = open(address, options);
  let refused = false;
  const answered = new Promise<EngineAnswer>((resolve, reject) => {
    const fail = (error: Error) => {
      // The answer says more than the pipe that it broke.
      if (refused) return;
      reject(new EngineConnectionError(error.message, { cause: error }));
      body.destroy(error);
    };
    outgoing.on("error", fail);
    outgoing.once("response", (incoming) => {
      if ((incoming.statusCode ?? 0) >= 400) {
        refused = true;
        body.destroy();
      }
      readAnswer(incoming).then(resolve, (error: Error) => {
        refused = false;
        fail(error);
      });
    });
  });
  answered.catch(() => {});
  body.on("error", () => {});
  body.pipe(outgoing);
  try {
    await write(body);
  } catch (error) {
    // A connection that broke is why the writing failed; anything else is a failure of what was to be written.
    const why = body.errored ?? (refused ? "an answer" : undefined);
    if (why === undefined) outgoing.destroy();
    if (why === undefined) throw error;
  }
  return answered;
}

function open(address: EngineAddress, options: RequestOptions) {
  if ("socket" in address) {
    // The name is no host: the socket decides.
    return request({ ...options, socketPath: address.socket, host: "localhost", agent: false });
  }
  const { host, port, tls } = address;
  if (tls === undefined) return request({ ...options, host, port, agent: false });
  const { verify, ...certificates } = tls;
  return requestTls({ ...options, ...certificates, host, port, rejectUnauthorized: verify, agent: false });
}

async function readAnswer(incoming: IncomingMessage): Promise<EngineAnswer> {
  let body = "";
  incoming.setEncoding("utf8");
  for await (const text of incoming as AsyncIterable<string>) {
    if (body.length < MAX_BODY) body += text;
  }
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body };
}
