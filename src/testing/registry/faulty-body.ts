import type { Fault } from "./fault.js";

/** What a reader of a broken connection gets, as from `fetch`. */
export function connectionCut(): TypeError {
  return new TypeError("the connection was cut");
}

/** A stream that asks for nothing before it is read: what was read before a failure has then arrived. */
export function lazyStream(pieces: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array> {
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

/** The bytes up to a number of them, and then a failure. A body that is shorter fails at its end. */
export async function* cutAfter(
  body: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array, undefined> {
  let left = bytes;
  if (left > 0) {
    for await (const piece of body) {
      yield piece.subarray(0, left);
      left -= piece.length;
      if (left <= 0) break;
    }
  }
  throw connectionCut();
}

/** The body of an answer with what a fault does to it. */
export function faultyBody(fault: Fault, body: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
  let changed = body;
  if (fault.endless === true) changed = endless(changed);
  if (fault.trickle !== undefined) changed = trickle(changed, fault.trickle.bytes, fault.trickle.everyMs);
  if (fault.cutAfter !== undefined) changed = cutAfter(changed, fault.cutAfter);
  return changed[Symbol.asyncIterator]();
}

async function* endless(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* body;
  const spaces = new Uint8Array(64 * 1024).fill(0x20);
  while (true) yield spaces.slice();
}

async function* trickle(
  body: AsyncIterable<Uint8Array>,
  bytes: number,
  everyMs: number,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    for (let at = 0; at < piece.length; at += bytes) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      yield piece.subarray(at, at + bytes);
    }
  }
}
