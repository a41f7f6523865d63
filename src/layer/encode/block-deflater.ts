import { constants, createDeflateRaw, type DeflateRaw, type ZlibOptions } from "node:zlib";

/** A stream with the field that says where in its own memory the next output goes. */
type Rewindable = DeflateRaw & { _outOffset?: number };

/**
 * Deflates blocks, each on its own: with no history, ended by a sync flush. Gives the same bytes as `deflateRaw`, but
 * keeps the state of zlib and the memory of the result from block to block: new memory for each costs more
 * than a tenth of the deflate itself.
 */
export class BlockDeflater {
  readonly #level: number;
  readonly #blockSize: number;
  #stream: Rewindable | undefined;

  /** @param blockSize bytes of the largest block */
  constructor(level: number, blockSize: number) {
    this.#level = level;
    this.#blockSize = blockSize;
  }

  /** Deflates one block, on the thread pool. The result is valid until the next call, which must wait for it. */
  deflate(block: Uint8Array): Promise<Uint8Array> {
    this.#stream ??= this.#open();
    const stream = this.#stream;
    // Node starts where the last result ended and takes new memory when it is full. Back to the start instead; a
    // Node that knows no such field would only take the new memory.
    stream._outOffset = 0;
    return new Promise((resolve, reject) => {
      stream.once("error", reject);
      stream.write(block, (error) => {
        stream.off("error", reject);
        if (error) return reject(error);
        const result = stream.read() as Buffer | null;
        // The next block begins with no history, as if it were the first.
        stream.reset();
        resolve(result ?? new Uint8Array(0));
      });
    });
  }

  close(): void {
    this.#stream?.destroy();
    this.#stream = undefined;
  }

  #open(): Rewindable {
    // Room for the worst case, so that a block is one trip to the thread pool and not dozens.
    const chunkSize = Math.max(1024, this.#blockSize + (this.#blockSize >>> 3) + 64);
    // All of a result waits in the stream until it is read.
    const highWaterMark = 2 * chunkSize;
    const options: ZlibOptions & { highWaterMark: number } = {
      level: this.#level,
      chunkSize,
      flush: constants.Z_SYNC_FLUSH,
      highWaterMark,
    };
    return createDeflateRaw(options);
  }
}
