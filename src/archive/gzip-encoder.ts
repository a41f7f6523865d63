import { availableParallelism } from "node:os";
import {
  constants,
  crc32,
  createDeflateRaw,
  createInflateRaw,
  type DeflateRaw,
  type InflateRaw,
  type ZlibOptions,
} from "node:zlib";
import type { EncodeSession, LayerEncoder } from "./layer-encoder.js";
import { BLOCK_CUTS, TAR_BLOCK_SIZE } from "./tar-blocks.js";

/**
 * Gzip by `node:zlib`, level 1 to 9: one member with a constant header, each block deflated on its own on the
 * thread pool and ended by a sync flush, blocks that would not shrink stored.
 */
export function gzipEncoder(level: number): LayerEncoder {
  // The default pool has 4 threads; two more keep it fed while the main thread reads.
  const parallel = Math.max(4, availableParallelism() + 2);
  return {
    encoding: "gzip",
    id: `gzip:${level};node-zlib/${process.versions.zlib};${BLOCK_CUTS};store>${STORE_ABOVE}`,
    reusable: true,
    parallel,
    open: () => new GzipSession(level, parallel),
  };
}

/** No name, no time, no level hint, unknown system: the host leaves no trace (RFC 1952, 2.3.1). */
const HEADER = Buffer.from("1f8b08000000000000ff", "hex");

/** An empty final block (fixed codes), so that every block of data is of one kind wherever it stands. */
const FINAL_BLOCK = Buffer.from("0300", "hex");

/** The streams of one of the blocks under way; used again and again, because new memory is dear. */
interface Slot {
  readonly deflater: BlockStream;
  stored: Buffer | undefined;
}

class GzipSession implements EncodeSession {
  readonly header = HEADER;
  readonly #level: number;
  readonly #parallel: number;
  readonly #slots: Slot[] = [];
  readonly #inflaters: BlockStream[] = [];
  #count = 0;
  #decoded = 0;
  #crc = 0;
  #size = 0;

  constructor(level: number, parallel: number) {
    this.#level = level;
    this.#parallel = parallel;
  }

  note(block: Uint8Array): void {
    this.#crc = crc32(block, this.#crc);
    this.#size += block.length;
  }

  encode(block: Uint8Array): Promise<Uint8Array> {
    const at = this.#count++ % this.#parallel;
    this.#slots[at] ??= { deflater: deflateStream(this.#level), stored: undefined };
    const slot = this.#slots[at];
    if (sampledEntropy(block) > STORE_ABOVE) {
      slot.stored ??= Buffer.allocUnsafeSlow(storedSize(TAR_BLOCK_SIZE));
      return Promise.resolve(storedBlocks(block, slot.stored));
    }
    return slot.deflater.next(block);
  }

  async decode(bytes: Uint8Array, block: Uint8Array): Promise<void> {
    const at = this.#decoded++ % this.#parallel;
    this.#inflaters[at] ??= inflateStream();
    const result = await this.#inflaters[at].next(bytes);
    if (result.length !== block.length) throw new Error("a block unpacks to another size");
    block.set(result);
  }

  trailer(): Uint8Array {
    const trailer = Buffer.alloc(FINAL_BLOCK.length + 8);
    FINAL_BLOCK.copy(trailer);
    trailer.writeUInt32LE(this.#crc, FINAL_BLOCK.length);
    trailer.writeUInt32LE(this.#size % 0x1_0000_0000, FINAL_BLOCK.length + 4);
    return trailer;
  }

  async close(): Promise<void> {
    for (const { deflater } of this.#slots) deflater.close();
    for (const inflater of this.#inflaters) inflater.close();
  }
}

/** A stream of zlib with the field that says where in its own memory the next output goes. */
type Rewindable = (DeflateRaw | InflateRaw) & { _outOffset?: number };

/**
 * A stream of zlib that works on one block after the other, on the thread pool. It keeps the state of zlib and the memory
 * of the result from block to block: new memory for each costs more than a tenth of the deflate itself.
 */
class BlockStream {
  readonly #open: () => Rewindable;
  #stream: Rewindable | undefined;

  constructor(open: () => Rewindable) {
    this.#open = open;
  }

  /** Works on one block. The result is valid until the next call, which must wait for it. */
  next(block: Uint8Array): Promise<Uint8Array> {
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
}

/** Deflates each block on its own: with no history, ended by a sync flush. Gives the same bytes as `deflateRaw`. */
function deflateStream(level: number): BlockStream {
  // Room for the worst case, so that a block is one trip to the thread pool and not dozens.
  const options = streamOptions(TAR_BLOCK_SIZE + (TAR_BLOCK_SIZE >>> 3) + 64);
  return new BlockStream(() => createDeflateRaw({ ...options, level }));
}

/** Undoes what `deflateStream` or a stored block did. */
function inflateStream(): BlockStream {
  // A little more than a block, so that a full one does not look as if there were more to come.
  const options = streamOptions(TAR_BLOCK_SIZE + 64);
  return new BlockStream(() => {
    const stream = createInflateRaw(options);
    // A failure is told by the call that it belongs to.
    stream.on("error", () => {});
    return stream;
  });
}

/** All of a result waits in the stream until it is read. */
function streamOptions(chunkSize: number): ZlibOptions & { highWaterMark: number } {
  return { chunkSize, flush: constants.Z_SYNC_FLUSH, highWaterMark: 2 * chunkSize };
}

const MAX_STORED = 0xffff;
const STORED_HEADER = 5;

/** Bytes that stored blocks take for this many raw bytes. */
function storedSize(rawSize: number): number {
  return rawSize + Math.ceil(rawSize / MAX_STORED) * STORED_HEADER;
}

/**
 * Raw bytes as stored deflate blocks, none of them final (RFC 1951, 3.2.4). Our own code because zlib's level 0
 * cuts its blocks by how the input happened to arrive.
 *
 * @param output where they are put, at least `storedSize` bytes
 */
export function storedBlocks(
  raw: Uint8Array,
  output: Buffer = Buffer.allocUnsafe(storedSize(raw.length)),
): Buffer {
  let to = 0;
  for (let from = 0; from < raw.length; from += MAX_STORED) {
    const length = Math.min(MAX_STORED, raw.length - from);
    output[to] = 0;
    output.writeUInt16LE(length, to + 1);
    output.writeUInt16LE(length ^ 0xffff, to + 3);
    output.set(raw.subarray(from, from + length), to + STORED_HEADER);
    to += STORED_HEADER + length;
  }
  return output.subarray(0, to);
}

const RUNS = 64;
const RUN = 1024;
const counts = new Uint32Array(256);

/** Bits a byte above which a block is stored: random bytes sample at 7.997, compressed files above 7.98, text below 6. */
const STORE_ABOVE = 7.95;

/**
 * The order-0 entropy of a block in bits a byte, from 64 evenly spread runs of 1 KiB (all of a smaller block). It
 * depends on the content only, so what it decides is the same everywhere.
 */
export function sampledEntropy(block: Uint8Array): number {
  counts.fill(0);
  let total = 0;
  if (block.length <= RUNS * RUN) {
    for (let index = 0; index < block.length; index++) counts[block[index]!]!++;
    total = block.length;
  } else {
    const stride = Math.floor((block.length - RUN) / (RUNS - 1));
    for (let run = 0; run < RUNS; run++) {
      const end = run * stride + RUN;
      for (let index = run * stride; index < end; index++) counts[block[index]!]!++;
    }
    total = RUNS * RUN;
  }
  let bits = 0;
  for (let value = 0; value < 256; value++) {
    const count = counts[value]!;
    if (count > 0) bits += count * Math.log2(total / count);
  }
  return total === 0 ? 0 : bits / total;
}
