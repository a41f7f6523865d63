import { closeSync, openSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { BlockSource, PackedBlock } from "./packed-layer.js";

/**
 * The blocks of an earlier blob in a file. A blob that is gone, shorter or damaged costs time only: its blocks are
 * reported as unknown and compressed again.
 */
export class PreviousBlob implements BlockSource {
  readonly blockKey: string;
  readonly #blocks: Map<string, PackedBlock>;
  #fd: number | undefined;
  #buffer = Buffer.allocUnsafeSlow(1 << 20);

  constructor(path: string, blockKey: string, blocks: readonly PackedBlock[]) {
    this.blockKey = blockKey;
    this.#blocks = new Map(blocks.map((block) => [block.tag, block]));
    try {
      this.#fd = openSync(path, "r");
    } catch {
      this.#fd = undefined;
    }
  }

  find(tag: string): Uint8Array | undefined {
    const block = this.#blocks.get(tag);
    if (block === undefined || this.#fd === undefined) return undefined;
    if (block.size > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(block.size);
    try {
      const got = readSync(this.#fd, this.#buffer, 0, block.size, block.offset);
      const bytes = this.#buffer.subarray(0, got);
      return got === block.size && crc32(bytes) === block.crc ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
