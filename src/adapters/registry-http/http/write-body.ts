import type { ClientRequest } from "node:http";
import { longestFor, type RateOptions, secondsOf } from "../pacing/rate-guard.js";
import { TooSlow } from "./answer.js";

/** The bytes of a body as they are sent. */
export type Chunks = AsyncIterable<Uint8Array>;

/** Bytes that are watched together on their way out. */
const SLICE = 1 << 18;

/** The chunks of a body, the first of them made: what takes its time to begin holds no connection meanwhile. */
export async function begunBody(chunks: Chunks | Iterable<Uint8Array>): Promise<Chunks> {
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
export async function writeBody(
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
