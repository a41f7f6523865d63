import type { Digest } from "../../oci/digest.js";
import type { BlockSpan } from "../../tar/block-layout.js";

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
  /** What told its entries and files apart without a look into them, where that is proof enough. */
  readonly stamp?: string | undefined;
  /** Where the compressed bytes are in the blob, in bytes. */
  readonly offset: number;
  readonly size: number;
  /** CRC-32 of the compressed bytes: tells a damaged old blob before it damages a new one. */
  readonly crc: number;
}

/** What a packed layer is. */
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
