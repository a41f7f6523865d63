import { writeSync } from "node:fs";
import type { Writable } from "node:stream";

/** Where bytes go, in order. */
export interface ByteSink {
  /** True when bytes are gone when `write` returns, so that nothing has to be awaited. */
  readonly immediate: boolean;
  /** Takes bytes; what it gives back is to be awaited before the next call. The bytes may change after that. */
  write(bytes: Uint8Array): Promise<void> | undefined;
  /** Everything is written. */
  finish(): Promise<void> | undefined;
}

/** Small writes are gathered up to this many bytes. */
const BUFFER_SIZE = 1 << 20;

/** Writes to an open file, synchronously: a copy through the page cache is faster than the way to a thread and back. */
export function fileSink(fd: number): ByteSink {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_SIZE);
  let used = 0;
  const put = (bytes: Uint8Array) => {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done);
  };
  const flush = () => {
    put(buffer.subarray(0, used));
    used = 0;
    return undefined;
  };
  return {
    immediate: true,
    write(bytes) {
      if (used + bytes.length > BUFFER_SIZE) flush();
      if (bytes.length > BUFFER_SIZE / 4) {
        flush();
        put(bytes);
        return undefined;
      }
      buffer.set(bytes, used);
      used += bytes.length;
      return undefined;
    },
    finish: flush,
  };
}

/** Writes to a stream, e.g. stdout, and waits where it is slower than we are. The stream stays open. */
export function streamSink(stream: Writable): ByteSink {
  return {
    immediate: false,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        // A copy, because a stream may pass memory on and be done with it long before its reader is.
        // A reader that went away shows here; the stream's own "error" event is caught by `guardStream`.
        stream.write(Buffer.from(bytes), (error) => (error ? reject(error) : resolve()));
      }),
    finish: () => undefined,
  };
}

/** Runs work that writes to a stream, and turns the stream's failure, also between two writes, into the work's. */
export async function guardStream(stream: Writable, work: () => Promise<void>): Promise<void> {
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const onClose = () =>
    fail(Object.assign(new Error("the stream was closed"), { code: "ERR_STREAM_PREMATURE_CLOSE" }));
  stream.on("error", fail);
  stream.on("close", onClose);
  try {
    if (stream.destroyed) onClose();
    await Promise.race([work(), failed]);
  } finally {
    stream.off("close", onClose);
    // A pipe may report the same break once more after the last write, when nobody listens any longer.
    setImmediate(() => stream.off("error", fail));
    failed.catch(() => {});
  }
}
