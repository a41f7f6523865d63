import type { ClientRequest } from "node:http";
import { longestFor, type RateOptions, secondsOf } from "../pacing/rate-guard.js";
import { TooSlow } from "./answer.js";

/** The bytes of a body as they are sent. */
export type Chunks = AsyncIterable<Uint8Array>;

/** Bytes that are watched together on their way out. */
const SLICE = 65536;

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
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += SLICE) {
      // The memory of a chunk is used again, so it has to be gone before the next one is asked for.
      const open = await writeSlice(outgoing, chunk.subarray(at, at + SLICE), rate);
      // Who closed it has said why, in an answer or an error.
      if (!open || isUnwanted()) return;
    }
  }
  outgoing.end();
}

/** Whether the connection is still open when the bytes have left. */
function writeSlice(outgoing: ClientRequest, slice: Uint8Array, rate: RateOptions): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const longest = longestFor(slice.length, rate);
    const timer = setTimeout(() => {
      reject(new TooSlow(`less than ${slice.length} bytes taken in ${secondsOf(longest)} s`));
    }, longest);
    const settle = (open: boolean) => {
      clearTimeout(timer);
      outgoing.off("close", onClose);
      resolve(open);
    };
    const onClose = () => settle(false);
    outgoing.once("close", onClose);
    outgoing.write(slice, (error) => settle(error === null || error === undefined));
  });
}
