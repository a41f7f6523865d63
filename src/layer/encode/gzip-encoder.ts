import { availableParallelism } from "node:os";
import { crc32 } from "node:zlib";
import { BLOCK_CUTS, TAR_BLOCK_SIZE } from "../../tar/block-cuts.js";
import { BlockDeflater } from "./block-deflater.js";
import { BlockInflater } from "./block-inflater.js";
import { STORE_ABOVE, sampledEntropy } from "./entropy.js";
import type { EncodeSession, LayerEncoder } from "./layer-encoder.js";
import { storedBlocks, storedSize } from "./stored-blocks.js";

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

/** What one of the blocks under way needs; used again and again, because new memory is dear. */
interface Slot {
  readonly deflater: BlockDeflater;
  stored: Buffer | undefined;
}

class GzipSession implements EncodeSession {
  readonly header = HEADER;
  readonly #level: number;
  readonly #parallel: number;
  readonly #slots: Slot[] = [];
  readonly #inflaters: BlockInflater[] = [];
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
    this.#slots[at] ??= { deflater: new BlockDeflater(this.#level, TAR_BLOCK_SIZE), stored: undefined };
    const slot = this.#slots[at];
    if (sampledEntropy(block) > STORE_ABOVE) {
      slot.stored ??= Buffer.allocUnsafeSlow(storedSize(TAR_BLOCK_SIZE));
      return Promise.resolve(storedBlocks(block, slot.stored));
    }
    return slot.deflater.deflate(block);
  }

  decode(bytes: Uint8Array, block: Uint8Array): Promise<void> {
    const at = this.#decoded++ % this.#parallel;
    this.#inflaters[at] ??= new BlockInflater(TAR_BLOCK_SIZE);
    return this.#inflaters[at].inflate(bytes, block);
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
