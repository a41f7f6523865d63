import type { Transform } from "node:stream";
import type { ZlibOptions } from "node:zlib";

/** A stream of `node:zlib`, with the fields that say where in which memory its next output goes. */
type Refillable = Transform & { bytesWritten: number; _outBuffer?: Buffer; _outOffset?: number };

/**
 * A zlib stream that is given its input in pieces, each when the one before is used up. Two buffers take its output in
 * turns, one being filled while the other is used: Node takes new memory for every 16 KiB or whatever it is told, and
 * new memory costs as much as to unpack into it. A Node that knows no such fields would only take the new memory.
 */
export class ZlibPieces {
  readonly #stream: Refillable;
  readonly #buffers: readonly [Buffer, Buffer];
  #turn = 0;
  /** True when the last piece is used up. */
  #idle = true;
  #ended = false;
  #failure: Error | undefined;
  #wake = () => {};

  /** @param size bytes of a buffer; what a piece gives beyond it is in new memory */
  constructor(
    open: (options: ZlibOptions & { highWaterMark: number }) => Transform & { bytesWritten: number },
    size: number,
  ) {
    this.#buffers = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
    this.#stream = open({ chunkSize: size, highWaterMark: 2 * size });
    this.#stream.on("readable", () => this.#wake());
    this.#stream.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    this.#stream.on("error", (error) => {
      this.#failure = error;
      this.#wake();
    });
  }

  /** Bytes of input that were used. */
  get bytesTaken(): number {
    return this.#stream.bytesWritten;
  }

  /** Starts on a piece, which must stay unchanged until `next` has nothing more. The last output stays valid. */
  start(piece: Uint8Array): void {
    this.#turn = 1 - this.#turn;
    this.#stream._outBuffer = this.#buffers[this.#turn as 0 | 1];
    this.#stream._outOffset = 0;
    this.#idle = false;
    this.#stream.write(piece, () => {
      this.#idle = true;
      this.#wake();
    });
  }

  /** Says that there are no more pieces. */
  end(): void {
    this.#idle = false;
    this.#stream.end();
  }

  /** The next output, valid until `start` is called twice; undefined when there is no more of this piece. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const chunk = this.#stream.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.#idle || this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#stream.destroy();
  }
}
