import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Digest } from "../../oci/digest.js";
import type { BlobWriter } from "../../ports/blob-store.js";
import { TAR_BLOCK_SIZE, tarBlocks } from "../../tar/tar-blocks.js";
import type { TarItem } from "../../tar/tar-item.js";
import type { LayerEncoder } from "../encode/layer-encoder.js";
import type { BlockSource, PackedBlock, PackedLayer } from "./packed-layer.js";

/** How a layer is packed. */
export interface PackOptions {
  readonly encoder: LayerEncoder;
  /** Where the blob goes. It is committed, or discarded when packing fails. */
  readonly writer: BlobWriter;
  /** Whether to hash every block for a later build's `previous`: a tenth more processor time. */
  readonly recordBlocks?: boolean | undefined;
  /** Blocks of an earlier blob of the same encoder id. Implies `recordBlocks`. */
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

/** A block on its way: its compressed bytes, or where they come from. */
interface PendingBlock {
  readonly raw: string | undefined;
  readonly bytes: Promise<Uint8Array>;
}

/** Memory for a compressed block: more than a block that was stored. */
const REUSED_SIZE = TAR_BLOCK_SIZE + (1 << 12);

class Packing {
  readonly #options: PackOptions;
  readonly #session;
  readonly #record: boolean;
  readonly #diffId = createHash("sha256");
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
    this.#record =
      options.encoder.reusable && (options.recordBlocks === true || options.previous !== undefined);
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
    const blob = await this.#options.writer.commit();
    return {
      diffId: `sha256:${this.#diffId.digest("hex")}` as Digest,
      digest: blob.digest,
      size: blob.size,
      uncompressedSize: this.#uncompressedSize,
      blocks: this.#blocks,
      reusedSize: this.#reusedSize,
    };
  }

  /** Ends what is under way, whatever it says now: the first error is the one to report. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#pending.map((block) => block.bytes));
    await this.#session.close().catch(() => {});
    await this.#options.writer.discard();
  }

  /** A ring of buffers: when block k is filled, block k - parallel has been drained. */
  #nextBuffer(): Buffer {
    const slot = this.#taken++ % this.#options.encoder.parallel;
    this.#buffers[slot] ??= Buffer.allocUnsafeSlow(TAR_BLOCK_SIZE);
    return this.#buffers[slot];
  }

  #take(block: Buffer): void {
    this.#diffId.update(block);
    this.#session.note(block);
    this.#uncompressedSize += block.length;
    this.#options.onProgress?.(this.#uncompressedSize);
    const pending = this.#record
      ? this.#recorded(block)
      : { raw: undefined, bytes: this.#session.encode(block) };
    // Awaited later and in order; without this a failure in between would be an unhandled one.
    pending.bytes.catch(() => {});
    this.#pending.push(pending);
  }

  /** Hashed here and now: WebCrypto, which has a thread for it, copies the block first, and that takes longer. */
  #recorded(block: Buffer): PendingBlock {
    const raw = createHash("sha256").update(block).digest("hex");
    const old = this.#options.previous?.find(raw);
    if (old === undefined) return { raw, bytes: this.#session.encode(block) };
    this.#reusedSize += old.length;
    const slot = this.#taken % this.#options.encoder.parallel;
    this.#reused[slot] ??= Buffer.allocUnsafeSlow(REUSED_SIZE);
    // The old bytes are valid until the next look only, and this block's turn comes later.
    const kept =
      old.length <= REUSED_SIZE ? this.#reused[slot].subarray(0, old.length) : Buffer.alloc(old.length);
    kept.set(old);
    return { raw, bytes: Promise.resolve(kept) };
  }

  async #drainOne(): Promise<void> {
    const { raw, bytes } = this.#pending[0]!;
    const compressed = await bytes;
    this.#pending.shift();
    if (raw !== undefined) {
      this.#blocks.push({
        raw,
        offset: this.#size,
        size: compressed.length,
        crc: crc32(compressed),
      });
    }
    this.#write(compressed);
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#options.writer.write(bytes);
    this.#size += bytes.length;
  }
}
