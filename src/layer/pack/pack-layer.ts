import { crc32 } from "node:zlib";
import type { Digest } from "../../oci/digest.js";
import type { BlobWriter } from "../../ports/blob-store.js";
import { TAR_BLOCK_SIZE, tarBlocks } from "../../tar/tar-blocks.js";
import type { TarItem } from "../../tar/tar-item.js";
import type { LayerEncoder } from "../encode/layer-encoder.js";
import { blockHasher } from "./block-hasher.js";
import type { BlockSource, PackedBlock, PackedLayer } from "./packed-layer.js";

/** How a layer is packed. */
export interface PackOptions {
  readonly encoder: LayerEncoder;
  /** Where the blob goes. It is committed, or discarded when packing fails. */
  readonly writer: BlobWriter;
  /** About how many bytes all contents have, 0 when not given. */
  readonly expectedSize?: number | undefined;
  /** The key that every block is tagged under for a later build's `previous` (see block-tag.ts); not without need. */
  readonly blockKey?: string | undefined;
  /** Blocks of an earlier blob of the same encoder id. Its key is used, and tells that blocks are recorded. */
  readonly previous?: BlockSource | undefined;
  /** Told the bytes of tar written so far, once a block. */
  readonly onProgress?: ((uncompressedBytes: number) => void) | undefined;
}

/**
 * Packs entries into a layer blob in one pass: tar, diff_id, compression side by side, digest. Memory does not grow
 * with the input. Entries are written in the order given.
 */
export async function packLayer(items: Iterable<TarItem>, options: PackOptions): Promise<PackedLayer> {
  const packing = new Packing(options);
  try {
    return await packing.run(items);
  } catch (error) {
    await packing.abandon();
    throw error;
  }
}

/** A block on its way: its tag, when it is recorded, and its compressed bytes. */
interface PendingBlock {
  readonly tag: Promise<string>;
  readonly bytes: Promise<Uint8Array>;
}

/** Memory for a compressed block: more than a block that was stored. */
const REUSED_SIZE = TAR_BLOCK_SIZE + (1 << 12);

class Packing {
  readonly #options: PackOptions;
  readonly #session;
  readonly #record: boolean;
  readonly #hasher;
  readonly #blocks: PackedBlock[] = [];
  readonly #pending: PendingBlock[] = [];
  readonly #buffers: Buffer[] = [];
  readonly #reused: Buffer[] = [];
  #taken = 0;
  #uncompressedSize = 0;
  #size = 0;
  #reusedSize = 0;

  constructor(options: PackOptions) {
    this.#options = options;
    this.#session = options.encoder.open();
    const blockKey = options.previous?.blockKey ?? options.blockKey;
    this.#record = options.encoder.reusable && blockKey !== undefined;
    this.#hasher = blockHasher(options.expectedSize ?? 0, this.#record ? blockKey : undefined);
  }

  async run(items: Iterable<TarItem>): Promise<PackedLayer> {
    const { parallel } = this.#options.encoder;
    this.#write(this.#session.header);
    for (const block of tarBlocks(items, () => this.#nextBuffer())) {
      this.#take(block);
      if (this.#pending.length >= parallel) await this.#drainOne();
    }
    while (this.#pending.length > 0) await this.#drainOne();
    this.#write(this.#session.trailer());
    await this.#session.close();
    const diffId = `sha256:${await this.#hasher.digest()}` as Digest;
    await this.#hasher.close();
    const blob = await this.#options.writer.commit();
    return {
      diffId,
      digest: blob.digest,
      size: blob.size,
      uncompressedSize: this.#uncompressedSize,
      blocks: this.#blocks,
      reusedSize: this.#reusedSize,
    };
  }

  /** Ends what is under way, whatever it says now: the first error is the one to report. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#pending.flatMap(({ tag, bytes }) => [tag, bytes]));
    await this.#session.close().catch(() => {});
    await this.#hasher.close().catch(() => {});
    await this.#options.writer.discard();
  }

  /** A ring of buffers: when block k is filled, block k - parallel has been drained. */
  #nextBuffer(): Buffer {
    const slot = this.#taken++ % this.#options.encoder.parallel;
    this.#buffers[slot] ??= this.#hasher.allocate(TAR_BLOCK_SIZE);
    return this.#buffers[slot];
  }

  #take(block: Buffer): void {
    this.#session.note(block);
    this.#uncompressedSize += block.length;
    this.#options.onProgress?.(this.#uncompressedSize);
    const { previous } = this.#options;
    const slot = this.#taken % this.#options.encoder.parallel;
    const tag = this.#hasher.add(block);
    const bytes =
      previous === undefined
        ? this.#session.encode(block)
        : tag.then((found) => this.#reuse(previous.find(found), slot) ?? this.#session.encode(block));
    // Awaited later and in order; without this a failure in between would be an unhandled one.
    tag.catch(() => {});
    bytes.catch(() => {});
    this.#pending.push({ tag, bytes });
  }

  /** Keeps bytes of the earlier blob, which are valid until the next look only, until it is their turn. */
  #reuse(old: Uint8Array | undefined, slot: number): Uint8Array | undefined {
    if (old === undefined) return undefined;
    this.#reusedSize += old.length;
    if (old.length > REUSED_SIZE) return Buffer.from(old);
    this.#reused[slot] ??= Buffer.allocUnsafeSlow(REUSED_SIZE);
    const kept = this.#reused[slot].subarray(0, old.length);
    kept.set(old);
    return kept;
  }

  async #drainOne(): Promise<void> {
    const { tag, bytes } = this.#pending[0]!;
    const compressed = await bytes;
    // Also where it is not recorded: the block's memory is used again.
    const name = await tag;
    this.#pending.shift();
    if (this.#record) {
      this.#blocks.push({ tag: name, offset: this.#size, size: compressed.length, crc: crc32(compressed) });
    }
    this.#write(compressed);
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#options.writer.write(bytes);
    this.#size += bytes.length;
  }
}
