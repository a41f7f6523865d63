import type { IncomingHttpHeaders } from "node:http";
import { connect as connectPlain, isIP, type OnReadOpts, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectSecure } from "node:tls";
import { type Answer, BodyTooLong, CutShort, RateGuard, type RateOptions, TooSlow } from "./message.js";

/** A request for a large blob. */
interface RawGet {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly secure: ConnectionOptions;
  readonly idleMs: number;
  readonly rate: RateOptions;
  readonly signal?: AbortSignal | undefined;
}

/** The answer is well formed, but not of the one shape that is read here: a body of a stated length. */
export class NotRaw extends Error {}

const MEBIBYTE = 1 << 20;
const MOST_HEAD = 64 * 1024;
/** Buffers that no connection reads into at the moment. */
const free: Buffer[] = [];

/**
 * A GET on a connection of its own whose body is read into one buffer again and again. Node's HTTP client allocates
 * for every 64 KiB, which makes a download from a fast registry two to three times slower (bench/README.md).
 */
export function rawGet(request: RawGet): Promise<Answer> {
  return new RawExchange(request).answer;
}

/** The promise that waits for the head, then the one that waits for the end of the body. */
interface Settle {
  resolve(): void;
  reject(error: unknown): void;
}

class RawExchange {
  readonly answer: Promise<Answer>;
  readonly #request: RawGet;
  readonly #socket: Socket;
  readonly #buffer = free.pop() ?? Buffer.allocUnsafeSlow(MEBIBYTE);
  #head: Buffer = Buffer.alloc(0);
  #state: "head" | "held" | "body" | "over" = "head";
  /** Bytes of the body that came before anybody wanted them. */
  #held: Buffer = Buffer.alloc(0);
  #left = 0;
  #sink: (chunk: Uint8Array) => void = () => {};
  #onAnswer: (answer: Answer) => void = () => {};
  #settle: Settle = { resolve: () => {}, reject: () => {} };

  constructor(request: RawGet) {
    this.#request = request;
    this.answer = new Promise((resolve, reject) => {
      this.#onAnswer = resolve;
      this.#settle = { resolve: () => {}, reject };
    });
    const onread: OnReadOpts = { buffer: this.#buffer, callback: (size) => this.#take(size) };
    const { url, secure, signal, idleMs } = request;
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
    this.#socket =
      url.protocol === "https:"
        ? secureSocket(host, port, secure, onread)
        : connectPlain({ host, port, onread });
    this.#socket.setTimeout(idleMs, () =>
      this.#fail(new TooSlow(`no byte for ${Math.round(idleMs / 1000)} s`)),
    );
    this.#socket.once("error", (error) => this.#fail(error));
    this.#socket.once("end", () => this.#fail(new CutShort()));
    this.#socket.once("close", () => {
      this.#fail(new CutShort());
      if (free.length < 4) free.push(this.#buffer);
    });
    const onAbort = () => this.#fail(signal?.reason);
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#socket.once("close", () => signal?.removeEventListener("abort", onAbort));
    this.#socket.write(requestText(request));
  }

  #take(size: number): boolean {
    const bytes = this.#buffer.subarray(0, size);
    if (this.#state === "body") return this.#deliver(bytes);
    if (this.#state === "held") {
      this.#held = Buffer.concat([this.#held, bytes]);
      return false;
    }
    if (this.#state === "over") return false;
    this.#head = Buffer.concat([this.#head, bytes]);
    return this.#readHead();
  }

  #readHead(): boolean {
    const end = this.#head.indexOf("\r\n\r\n");
    if (end === -1 || end > MOST_HEAD) {
      if (this.#head.length <= MOST_HEAD) return true;
      this.#fail(new NotRaw("its head is too long"));
      return false;
    }
    const head = parseHead(this.#head.toString("latin1", 0, end));
    const rest = this.#head.subarray(end + 4);
    if (head !== undefined && head.status >= 100 && head.status < 200) {
      this.#head = rest;
      return rest.length === 0 || this.#readHead();
    }
    if (head?.length === undefined) {
      this.#fail(new NotRaw("its body has no stated length"));
      return false;
    }
    this.#state = "held";
    this.#held = Buffer.from(rest);
    this.#left = head.length;
    this.#onAnswer(this.#answerOf(head));
    return false;
  }

  #answerOf(head: Head): Answer {
    const pump = (sink: (chunk: Uint8Array) => void): Promise<void> => {
      const guard = new RateGuard(this.#request.rate, (error) => this.#fail(error));
      const pumped = new Promise<void>((resolve, reject) => {
        if (this.#state === "over") return reject(new CutShort());
        this.#settle = { resolve, reject };
        this.#sink = (chunk) => {
          guard.note(chunk.length);
          sink(chunk);
        };
        this.#state = "body";
        const held = this.#held;
        this.#held = Buffer.alloc(0);
        if (this.#deliver(held)) this.#socket.resume();
      });
      return pumped.finally(() => guard.stop());
    };
    return {
      ...{ status: head.status, headers: head.headers, url: this.#request.url, pump },
      read: async (limit) => {
        if (this.#left > limit) {
          this.#end();
          throw new BodyTooLong(limit);
        }
        const chunks: Buffer[] = [];
        await pump((chunk) => void chunks.push(Buffer.from(chunk)));
        return Buffer.concat(chunks);
      },
      discard: () => this.#end(),
    };
  }

  /** Hands on bytes of the body; false when it wants no more. */
  #deliver(bytes: Buffer): boolean {
    const wanted = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#left -= wanted.length;
    try {
      if (wanted.length > 0) this.#sink(wanted);
    } catch (error) {
      this.#fail(error);
      return false;
    }
    if (this.#left > 0) return true;
    const { resolve } = this.#settle;
    this.#end();
    resolve();
    return false;
  }

  #fail(error: unknown): void {
    if (this.#state === "over") return;
    this.#end();
    this.#settle.reject(error);
  }

  #end(): void {
    this.#state = "over";
    this.#socket.destroy();
  }
}

function secureSocket(host: string, port: number, secure: ConnectionOptions, onread: OnReadOpts): Socket {
  // An address has no name that a server could be chosen by (RFC 6066 section 3).
  const servername = isIP(host) === 0 ? host : "";
  // `onread` works for TLS as well, which its types do not say.
  const options: ConnectionOptions & { onread: OnReadOpts } = {
    ...secure,
    host,
    port,
    servername,
    ALPNProtocols: ["http/1.1"],
    onread,
  };
  return connectSecure(options);
}

function requestText({ url, headers }: RawGet): string {
  const lines = Object.entries({ host: url.host, ...headers, connection: "close" });
  const clean = lines.map(([name, value]) => `${name}: ${value.replace(/[\r\n]/g, "")}\r\n`);
  return `GET ${url.pathname}${url.search} HTTP/1.1\r\n${clean.join("")}\r\n`;
}

/** The head of an answer (RFC 9112 sections 2 to 6). */
interface Head {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Bytes of the body, where the head states them and nothing else frames it. */
  readonly length: number | undefined;
}

/** Reads the lines of a head, without the empty one at its end; undefined where it is none. */
export function parseHead(text: string): Head | undefined {
  const [first = "", ...lines] = text.split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) return undefined;
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const parts = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    // A folded or broken line makes the whole head doubtful.
    if (parts === null) return undefined;
    const name = parts[1]!.toLowerCase();
    headers[name] = headers[name] === undefined ? parts[2]! : `${headers[name]}, ${parts[2]}`;
  }
  const code = Number(status);
  return { status: code, headers, length: lengthOf(code, headers) };
}

function lengthOf(status: number, headers: Readonly<Record<string, string>>): number | undefined {
  if (status === 204 || status === 304) return 0;
  if (headers["transfer-encoding"] !== undefined) return undefined;
  // Two lengths that differ, or no number at all, frame nothing.
  const values = new Set((headers["content-length"] ?? "").split(",").map((value) => value.trim()));
  const [value = ""] = values;
  return values.size === 1 && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
