import { availableParallelism } from "node:os";
import { constants, crc32, deflateRaw } from "node:zlib";
import { BLOCK_CUTS } from "../../tar/block-cuts.js";
import { STORE_ABOVE, sampledEntropy } from "./entropy.js";
import type { EncodeSession, LayerEncoder } from "./layer-encoder.js";
import { storedBlocks } from "./stored-blocks.js";

/**
 * Gzip by `node:zlib`, level 1 to 9: one member with a constant header, each block deflated on its own on the
 * thread pool and ended by a sync flush, blocks that would not shrink stored.
 */
export function gzipEncoder(level: number): LayerEncoder {
  return {
    encoding: "gzip",
    id: `gzip:${level};node-zlib/${process.versions.zlib};${BLOCK_CUTS};store>${STORE_ABOVE}`,
    reusable: true,
    // The default pool has 4 threads; two more keep it fed while the main thread reads.
    parallel: Math.max(4, availableParallelism() + 2),
    open: () => new GzipSession(level),
  };
}

/** No name, no time, no level hint, unknown system: the host leaves no trace (RFC 1952, 2.3.1). */
const HEADER = Buffer.from("1f8b08000000000000ff", "hex");

/** An empty final block (fixed codes), so that every block of data is of one kind wherever it stands. */
const FINAL_BLOCK = Buffer.from("0300", "hex");

class GzipSession implements EncodeSession {
  readonly header = HEADER;
  readonly #level: number;
  #crc = 0;
  #size = 0;

  constructor(level: number) {
    this.#level = level;
  }

  note(block: Uint8Array): void {
    this.#crc = crc32(block, this.#crc);
    this.#size += block.length;
  }

  encode(block: Uint8Array): Promise<Uint8Array> {
    if (sampledEntropy(block) > STORE_ABOVE) return Promise.resolve(storedBlocks(block));
    return deflateBlock(block, this.#level);
  }

  trailer(): Uint8Array {
    const trailer = Buffer.alloc(FINAL_BLOCK.length + 8);
    FINAL_BLOCK.copy(trailer);
    trailer.writeUInt32LE(this.#crc, FINAL_BLOCK.length);
    trailer.writeUInt32LE(this.#size % 0x1_0000_0000, FINAL_BLOCK.length + 4);
    return trailer;
  }

  async close(): Promise<void> {}
}

function deflateBlock(block: Uint8Array, level: number): Promise<Buffer> {
  // Room for the worst case, so that a block is one trip to the thread pool and not dozens.
  const chunkSize = Math.max(1024, block.length + (block.length >>> 3) + 64);
  const options = { level, chunkSize, finishFlush: constants.Z_SYNC_FLUSH };
  return new Promise((resolve, reject) => {
    deflateRaw(block, options, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}
