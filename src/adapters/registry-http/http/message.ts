import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http";

/** Bytes that are sent, from the start on each call. */
export interface RequestBody {
  readonly size: number;
  bytes(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** One request to one address. Redirects, logins and repetition are the caller's. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Certificates and key for TLS with a server. */
export interface TlsTrust {
  /** Authorities, as PEM, beside those of Node. */
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
}

/** The answer of a server, before its body is read. Exactly one of the three calls is made. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The address that answered, after redirects. */
  readonly url: URL;
  /** Hands on the body, whose memory is used again after each call. Rejects when it is cut short. */
  pump(sink: (chunk: Uint8Array) => void): Promise<void>;
  /** The whole body, or a `BodyTooLong` when it has more bytes than the limit. */
  read(limit: number): Promise<Buffer>;
  /** Forgets the body. */
  discard(): void;
}

/** A body that is longer than it may be. */
export class BodyTooLong extends Error {
  constructor(limit: number) {
    super(`it has more than ${limit} bytes`);
  }
}

/** Bytes of an error's body at most. */
const MOST_ERROR = 64 * 1024;

/**
 * The answer with its body read, so that it holds no connection. A body that is too long, or does not come, counts as
 * none.
 */
export async function readAnswer(answer: Answer): Promise<Answer> {
  const { status, headers, url } = answer;
  const bytes = await answer.read(MOST_ERROR).catch(() => Buffer.alloc(0));
  return { status, headers, url, read: async () => bytes, pump: async (sink) => sink(bytes), discard() {} };
}

/** A connection that ended, or was ended by us, before the whole answer was there. */
export class CutShort extends Error {
  readonly code = "CUT_SHORT";
  constructor() {
    super("the connection ended in the middle of the answer");
  }
}

/** No byte came, or too few, for as long as one waits. */
export class TooSlow extends Error {
  readonly code = "TOO_SLOW";
}

/** A proxy that does not lead on. */
export class ProxyRefused extends Error {
  readonly code = "PROXY_REFUSED";
  /** Host and port: its address may hold a password. */
  readonly proxy: string;

  constructor(proxy: string, reason: string) {
    super(reason);
    this.proxy = proxy;
  }
}

/** The largest rest of a body that is read for the sake of its connection. */
const SHORT = 65536;

/** An answer of Node's HTTP client. */
export class IncomingAnswer implements Answer {
  readonly status: number;
  readonly headers: Answer["headers"];
  readonly url: URL;
  readonly #incoming: IncomingMessage;
  readonly #rate: RateOptions;
  /** The reason why the body does not come, also where that is known before anybody asks for it. */
  #failure: { readonly error: unknown } | undefined;
  #onFailure: (error: unknown) => void = () => {};
  #isHeld = false;

  constructor(incoming: IncomingMessage, outgoing: ClientRequest, url: URL, rate: RateOptions) {
    this.status = incoming.statusCode ?? 0;
    this.headers = incoming.headers;
    this.url = url;
    this.#incoming = incoming;
    this.#rate = rate;
    incoming.on("error", (error) => this.fail(error));
    incoming.once("close", () => {
      if (!incoming.readableEnded) this.fail(new CutShort());
    });
    incoming.once("end", () => {
      // Whoever has answered already does not want the rest of the question.
      if (!outgoing.writableFinished) outgoing.destroy();
    });
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#onFailure(this.#failure.error);
  }

  async pump(sink: (chunk: Uint8Array) => void): Promise<void> {
    const incoming = this.#incoming;
    const guard = new RateGuard(this.#rate, (error) => {
      this.fail(error);
      incoming.destroy();
    });
    try {
      await new Promise<void>((resolve, reject) => {
        if (this.#failure !== undefined) return reject(this.#failure.error);
        this.#onFailure = reject;
        incoming.on("data", (chunk: Buffer) => {
          guard.note(chunk.length);
          // Bytes of an answer that was given up belong to nothing.
          if (this.#failure !== undefined) return;
          try {
            sink(chunk);
          } catch (error) {
            this.fail(error);
            incoming.destroy();
          }
        });
        incoming.once("end", () => (incoming.complete ? resolve() : reject(new CutShort())));
      });
    } finally {
      guard.stop();
    }
  }

  /** The body at the pace of its reader: no more than a buffer of it waits here. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const incoming = this.#incoming;
    const guard = new RateGuard(this.#rate, (error) => {
      this.fail(error);
      incoming.destroy();
    });
    try {
      for await (const chunk of incoming) {
        guard.note(chunk.length);
        // A pause of the reader is not the server's.
        this.#isHeld = true;
        guard.hold();
        yield chunk;
        guard.release();
        this.#isHeld = false;
      }
      if (!incoming.complete) throw new CutShort();
    } catch (error) {
      throw this.#failure?.error ?? error;
    } finally {
      guard.stop();
    }
  }

  /** True while the reader of `chunks` works on one: no byte is asked for meanwhile. */
  get isHeld(): boolean {
    return this.#isHeld;
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
    if (length <= SHORT || this.#incoming.complete) this.#incoming.resume();
    else this.#incoming.destroy();
  }
}

/** The least speed of a transfer. */
export interface RateOptions {
  /** Bytes a second, on average over a window. @default 1024 */
  readonly bytesPerSecond: number;
  /** Milliseconds that the average is taken over. @default 60000 */
  readonly windowMs: number;
}

export const defaultRate: RateOptions = { bytesPerSecond: 1024, windowMs: 60_000 };

/**
 * Watches what comes and goes on, but so slowly that it never ends: a byte now and then keeps every idle timeout quiet.
 */
export class RateGuard {
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;
  #isHeld = false;
  /** True when the window had a pause that is not the other side's. */
  #hadPause = false;

  constructor({ bytesPerSecond, windowMs }: RateOptions, onSlow: (error: TooSlow) => void) {
    const least = (bytesPerSecond * windowMs) / 1000;
    this.#timer = setInterval(() => {
      if (this.#bytes < least && !this.#hadPause)
        onSlow(new TooSlow(`${this.#bytes} bytes in ${secondsOf(windowMs)} s`));
      this.#bytes = 0;
      this.#hadPause = this.#isHeld;
    }, windowMs);
    this.#timer.unref();
  }

  note(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Begins a pause of our own: a window that holds one says nothing about the other side. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Milliseconds until so many bytes that are sent have to be gone: a rate that is good enough is never stopped. */
export function longestFor(bytes: number, { bytesPerSecond, windowMs }: RateOptions): number {
  return windowMs + (bytes * 1000) / bytesPerSecond;
}

export function secondsOf(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
