import { constants, createInflateRaw, type InflateRaw, type ZlibOptions } from "node:zlib";

/** A stream with the field that says where in its own memory the next output goes. */
type Rewindable = InflateRaw & { _outOffset?: number };

/** Undoes what a BlockDeflater or a stored block did, block by block, in memory that is used again and again. */
export class BlockInflater {
  readonly #blockSize: number;
  #stream: Rewindable | undefined;

  /** @param blockSize bytes of the largest block, unpacked */
  constructor(blockSize: number) {
    this.#blockSize = blockSize;
  }

  /** Unpacks a block, on the thread pool. The next call must wait for it. */
  inflate(bytes: Uint8Array, block: Uint8Array): Promise<void> {
    this.#stream ??= this.#open();
    const stream = this.#stream;
    // Back to the start of the memory, as in block-deflater.ts.
    stream._outOffset = 0;
    return new Promise((resolve, reject) => {
      stream.once("error", reject);
      stream.write(bytes, (error) => {
        stream.off("error", reject);
        if (error) return reject(error);
        const result = stream.read() as Buffer | null;
        stream.reset();
        if (result?.length !== block.length) return reject(new Error("a block unpacks to another size"));
        block.set(result);
        resolve();
      });
    });
  }

  close(): void {
    this.#stream?.destroy();
    this.#stream = undefined;
  }

  #open(): Rewindable {
    // A little more than a block, so that a full one does not look as if there were more to come.
    const chunkSize = Math.max(1024, this.#blockSize + 64);
    const options: ZlibOptions & { highWaterMark: number } = {
      chunkSize,
      flush: constants.Z_SYNC_FLUSH,
      highWaterMark: 2 * chunkSize,
    };
    const stream = createInflateRaw(options);
    // A failure is told by the call that it belongs to.
    stream.on("error", () => {});
    return stream;
  }
}
