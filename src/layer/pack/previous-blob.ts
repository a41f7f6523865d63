import { crc32 } from "node:zlib";
import type { BlobParts } from "../../ports/blob-store.js";
import type { BlockSource, PackedBlock } from "./packed-layer.js";

/**
 * The blocks of an earlier blob. A blob that is gone, shorter or damaged costs time only: its blocks are reported as
 * unknown and compressed again.
 */
export class PreviousBlob implements BlockSource {
  readonly blockKey: string;
  readonly #parts: Pick<BlobParts, "read">;
  readonly #tags: ReadonlyMap<string, PackedBlock>;
  readonly #stamps: ReadonlyMap<string, PackedBlock>;
  #buffer = Buffer.allocUnsafeSlow(1 << 20);

  constructor(parts: Pick<BlobParts, "read">, blockKey: string, blocks: readonly PackedBlock[]) {
    this.blockKey = blockKey;
    this.#parts = parts;
    this.#tags = new Map(blocks.map((block) => [block.tag, block]));
    this.#stamps = new Map(
      blocks.flatMap((block) => (block.stamp === undefined ? [] : [[block.stamp, block]])),
    );
  }

  find(tag: string): Uint8Array | undefined {
    const block = this.#tags.get(tag);
    return block && this.#read(block);
  }

  stamped(stamp: string): { readonly bytes: Uint8Array; readonly tag: string } | undefined {
    const block = this.#stamps.get(stamp);
    const bytes = block && this.#read(block);
    return bytes && { bytes, tag: block.tag };
  }

  #read({ offset, size, crc }: PackedBlock): Uint8Array | undefined {
    if (size > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(size);
    const bytes = this.#buffer.subarray(0, size);
    try {
      return this.#parts.read(bytes, offset) === size && crc32(bytes) === crc ? bytes : undefined;
    } catch {
      return undefined;
    }
  }
}
