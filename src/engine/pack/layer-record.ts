import { isBlockKey } from "../../layer/pack/block-tag.js";
import type { PackedBlock, PackedLayer } from "../../layer/pack/packed-layer.js";
import { type Digest, isDigest } from "../../oci/digest.js";
import type { RacyDigests } from "./racy-files.js";

/** What the store remembers of a layer that was made: enough to use its blob again. */
export interface LayerRecord {
  readonly diffId: Digest;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly uncompressedSize: number;
  /** Files that have to be compared by content, because their stamps were too fresh. */
  readonly racy?: RacyDigests;
}

/** What the store remembers of the blocks of a layer, whatever became of its files. */
export interface BlocksRecord {
  readonly digest: Digest;
  readonly size: number;
  /** The key of the blocks' tags. */
  readonly blockKey: string;
  readonly blocks: readonly PackedBlock[];
}

/** The record of a packed layer. */
export function recordOf(packed: PackedLayer): LayerRecord {
  const { diffId, digest, size, uncompressedSize } = packed;
  return { diffId, digest, size, uncompressedSize };
}

/** Reads a record from the store, where anyone may have written anything; undefined when it is none. */
export function parseLayerRecord(value: unknown): LayerRecord | undefined {
  const { diffId, digest, size, uncompressedSize, racy } = (value ?? {}) as Record<string, unknown>;
  if (!isDigest(diffId) || !isDigest(digest) || !isSize(size) || !isSize(uncompressedSize)) return undefined;
  if (racy === undefined) return { diffId, digest, size, uncompressedSize };
  return isRacy(racy) ? { diffId, digest, size, uncompressedSize, racy } : undefined;
}

/** Reads a blocks record; undefined when it is none. */
export function parseBlocksRecord(value: unknown): BlocksRecord | undefined {
  const { digest, size, blockKey, blocks } = (value ?? {}) as Record<string, unknown>;
  if (!isDigest(digest) || !isSize(size) || !isBlockKey(blockKey)) return undefined;
  if (!Array.isArray(blocks) || !blocks.every(isBlock)) return undefined;
  return { digest, size, blockKey, blocks };
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRacy(value: unknown): value is RacyDigests {
  return (
    Array.isArray(value) &&
    value.every(
      (item) => Array.isArray(item) && item.length === 2 && isSize(item[0]) && typeof item[1] === "string",
    )
  );
}

function isBlock(value: unknown): value is PackedBlock {
  const { tag, stamp, offset, size, crc } = (value ?? {}) as Record<string, unknown>;
  if (stamp !== undefined && typeof stamp !== "string") return false;
  return typeof tag === "string" && isSize(offset) && isSize(size) && isSize(crc);
}
