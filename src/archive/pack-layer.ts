import { crc32 } from "node:zlib";
import type { Digest } from "../oci/digest.js";
import type { BlobParts, BlobWriter } from "../ports/blob-store.js";
import { blockHasher } from "./block-hasher.js";
import type { LayerEncoder } from "./layer-encoder.js";
import { BlockFiller, type BlockSpan, layBlocks, TAR_BLOCK_SIZE } from "./tar-blocks.js";
import type { ItemList, TarItem } from "./tar-entry.js";

/** A block that is to be packed, and what tells it from other blocks before its files are opened. */
export interface StampedSpan {
  readonly span: BlockSpan;
  /** The same only for a block of the same bytes. Without it the block is read whatever was packed before. */
  readonly stamp?: string | undefined;
}

/** One compressed block of a layer blob, remembered so that a later build can use its bytes again. */
export interface PackedBlock {
  /** The tag of the raw block under the layer's block key (see block-tag.ts). */
  readonly tag: string;
  /** The stamp that tells its entries and files apart without a look into them, where that is proof enough. */
  readonly stamp?: string | undefined;
  /** The place of the compressed bytes in the blob, in bytes. */
  readonly offset: number;
  readonly size: number;
  /** CRC-32 of the compressed bytes: tells a damaged old blob before it damages a new one. */
  readonly crc: number;
}

/** A packed layer, as its manifest and config name it. */
export interface PackedLayer {
  /** Digest of the uncompressed tar, as the image config names it. */
  readonly diffId: Digest;
  /** Digest of the blob. */
  readonly digest: Digest;
  /** Bytes of the blob. */
  readonly size: number;
  /** Bytes of the uncompressed tar. */
  readonly uncompressedSize: number;
  /** The blob's blocks in order; empty when blocks were not recorded. */
  readonly blocks: readonly PackedBlock[];
  /** Bytes of the blob that came from the previous blob. */
  readonly reusedSize: number;
}

/** Finds compressed blocks of an earlier blob that was written by an encoder with the same id. */
export interface BlockSource {
  /** The key of the blocks' tags. */
  readonly blockKey: string;
  /** The compressed bytes for a raw block of this tag, valid until the next call; undefined when unknown. */
  find(tag: string): Uint8Array | undefined;
  /** The same for a block of this stamp, with the tag that its raw bytes have to have. */
  stamped(stamp: string): { readonly bytes: Uint8Array; readonly tag: string } | undefined;
}

/** Earlier bytes turned out to be others than those that were recorded: the layer is packed without them. */
export class PreviousDamaged extends Error {}

/** Options of packing a layer. */
interface PackOptions {
  readonly encoder: LayerEncoder;
  /** The writer of the blob. It is committed, or discarded when packing fails. */
  readonly writer: BlobWriter;
  /** About how many bytes all contents have, 0 when not given. */
  readonly expectedSize?: number | undefined;
  /** The blocks that the entries make, as `layBlocks` lays them out; done here when not given. */
  readonly layout?: Iterable<StampedSpan> | undefined;
  /** The key that every block is tagged under for a later build's `previous` (see block-tag.ts); not without need. */
  readonly blockKey?: string | undefined;
  /**
   * Blocks of an earlier blob of the same encoder id. Its key is used, and tells that blocks are recorded. Throws
   * `PreviousDamaged` where they turn out not to be what was recorded.
   */
  readonly previous?: BlockSource | undefined;
  /** Told the bytes of tar written so far, once a block. */
  readonly onProgress?: ((uncompressedBytes: number) => void) | undefined;
}

/**
 * Packs entries into a layer blob in one pass: tar, diff_id, compression side by side, digest. Memory does not grow
 * with the input. Entries are written in the order given.
 */
export async function packLayer(items: ItemList<TarItem>, options: PackOptions): Promise<PackedLayer> {
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
  readonly stamp: string | undefined;
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
  /** Settled when the blocks so far were given to the hasher: one that is unpacked takes longer than the next that is read. */
  #inOrder: Promise<void> = Promise.resolve();
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

  async run(items: ItemList<TarItem>): Promise<PackedLayer> {
    this.#write(this.#session.header);
    const filler = new BlockFiller(items);
    try {
      await this.#packBlocks(filler, this.#options.layout ?? unstamped(items));
    } finally {
      filler.close();
    }
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

  async #packBlocks(filler: BlockFiller, layout: Iterable<StampedSpan>): Promise<void> {
    const { encoder, previous, onProgress } = this.#options;
    for (const { span, stamp } of layout) {
      const slot = this.#taken % encoder.parallel;
      const buffer = this.#nextBuffer();
      const known = stamp === undefined ? undefined : previous?.stamped(stamp);
      if (known === undefined) this.#take(filler.fill(span, buffer), stamp, slot);
      else this.#recall(known.tag, this.#keep(known.bytes, slot), buffer.subarray(0, span.size), stamp);
      this.#uncompressedSize += span.size;
      onProgress?.(this.#uncompressedSize);
      if (this.#pending.length >= encoder.parallel) await this.#drainOne();
    }
    while (this.#pending.length > 0) await this.#drainOne();
  }

  /** A ring of buffers: when block k is filled, block k - parallel has been drained. */
  #nextBuffer(): Buffer {
    const slot = this.#taken++ % this.#options.encoder.parallel;
    this.#buffers[slot] ??= this.#hasher.allocate(TAR_BLOCK_SIZE);
    return this.#buffers[slot];
  }

  /** Packs a block that was read from its files. */
  #take(block: Buffer, stamp: string | undefined, slot: number): void {
    const { previous } = this.#options;
    const tag = this.#hash(block);
    const bytes =
      previous === undefined
        ? this.#session.encode(block)
        : tag.then((found) => {
            const old = previous.find(found);
            return old === undefined ? this.#session.encode(block) : this.#keep(old, slot);
          });
    this.#await({ tag, stamp, bytes });
  }

  /** Takes a block from the earlier blob: its files are not opened, and its raw bytes come out of the compressed ones. */
  #recall(known: string, bytes: Uint8Array, block: Buffer, stamp: string | undefined): void {
    const unpacked = this.#session.decode(bytes, block).catch(damaged);
    // Nobody waits for it yet while an earlier block is still unpacked, and nobody will when that one fails.
    unpacked.catch(() => {});
    const tag = this.#hash(block, unpacked).then((found) => (found === known ? found : damaged()));
    this.#await({ tag, stamp, bytes: tag.then(() => bytes) });
  }

  /** The tag of a block, which is noted and hashed after all those before it, and not before it is `ready`. */
  #hash(block: Buffer, ready?: Promise<void>): Promise<string> {
    const tag = this.#inOrder.then(async () => {
      await ready;
      this.#session.note(block);
      return { added: this.#hasher.add(block) };
    });
    this.#inOrder = tag.then(() => {});
    return tag.then(({ added }) => added);
  }

  #await(block: PendingBlock): void {
    // Awaited later and in order; without this a failure in between would be an unhandled one.
    block.tag.catch(() => {});
    block.bytes.catch(() => {});
    this.#inOrder.catch(() => {});
    this.#pending.push(block);
  }

  /** Keeps bytes of the earlier blob, which are valid until the next look only, until it is their turn. */
  #keep(old: Uint8Array, slot: number): Uint8Array {
    this.#reusedSize += old.length;
    if (old.length > REUSED_SIZE) return Buffer.from(old);
    this.#reused[slot] ??= Buffer.allocUnsafeSlow(REUSED_SIZE);
    const kept = this.#reused[slot].subarray(0, old.length);
    kept.set(old);
    return kept;
  }

  async #drainOne(): Promise<void> {
    const { tag, stamp, bytes } = this.#pending[0]!;
    const compressed = await bytes;
    // Also where it is not recorded: the block's memory is used again.
    const name = await tag;
    this.#pending.shift();
    if (this.#record) {
      const [offset, size] = [this.#size, compressed.length];
      this.#blocks.push({ tag: name, ...(stamp && { stamp }), offset, size, crc: crc32(compressed) });
    }
    this.#write(compressed);
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#options.writer.write(bytes);
    this.#size += bytes.length;
  }
}

function* unstamped(items: ItemList<TarItem>): Generator<StampedSpan, void, void> {
  for (const span of layBlocks(items)) yield { span };
}

function damaged(): never {
  throw new PreviousDamaged("a block of the earlier blob is not what was recorded");
}

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
