import type { IncomingHttpHeaders } from "node:http";

/** What a server answered, before its body is read. Exactly one of the three calls is made. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Where it came from, after redirects. */
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

/** The answer with its body read, so that it holds no connection. A body that is too long, or does not come, counts as none. */
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
