import { isBlockKey, newBlockKey } from "../../archive/block-tag.js";
import {
  type BlockSource,
  type PackedBlock,
  type PackedLayer,
  PreviousBlob,
  PreviousDamaged,
  packLayer,
  type StampedSpan,
} from "../../archive/pack-layer.js";
import { sha256Hex } from "../../core/bytes.js";
import { type Digest, isDigest } from "../../oci/digest.js";
import type { BlobStore } from "../../ports/blob-store.js";
import { type LayerItem, toTarItems } from "../../rootfs/entries.js";
import type { BuildImageOptions, BuildPorts } from "../ports.js";
import {
  digestItems,
  layerKeys,
  type RacyDigests,
  racyItems,
  sameDigests,
  WRITER_VERSION,
} from "./layer-key.js";

/** A layer that is in the store. */
interface MadeLayer extends LayerRecord {
  /** True when it was there already, so that no file was read. */
  readonly cached: boolean;
}

/** The names of a layer from one build to the next, whatever its files are. */
interface LayerIdentity {
  readonly id: string;
  readonly label: string;
}

/** Smaller layers are made again faster than their blocks are looked up. */
const KEEP_BLOCKS_ABOVE = 16 << 20;

/** Makes the blob of a layer, or finds it in the store when nothing of what it is made from has changed. */
export async function makeLayer(
  items: readonly LayerItem[],
  identity: LayerIdentity,
  listedAt: number,
  ports: BuildPorts,
  options: BuildImageOptions,
): Promise<MadeLayer> {
  const { store } = ports;
  const { key, layout } =
    options.cache === false ? { key: undefined, layout: undefined } : layerKeys(items, options.encoder.id);
  const known = key === undefined ? undefined : await findLayer(items, key, listedAt, ports);
  if (known !== undefined) return { ...known, cached: true };
  const racy = racyItems(items, listedAt);
  const before = key === undefined ? undefined : await digestItems(items, racy);
  const packed = await pack(items, layout && settledOnly(layout, racy), identity, ports, options);
  const record = recordOf(packed);
  // A file that changed between the two looks may be in the layer in either form: such a layer is not remembered.
  if (key !== undefined && before !== undefined && (await sameDigests(items, before))) {
    await store.putRecord("layer", key, before.length === 0 ? record : { ...record, racy: before });
  }
  return { ...record, cached: false };
}

async function findLayer(
  items: readonly LayerItem[],
  key: string,
  listedAt: number,
  { store }: BuildPorts,
): Promise<LayerRecord | undefined> {
  const found = parseLayerRecord(await store.getRecord("layer", key));
  if (found === undefined || (await store.stat(found.digest)) !== found.size) return undefined;
  if (found.racy === undefined) return found;
  if (!(await sameDigests(items, found.racy))) return undefined;
  const { racy: _, ...settled } = found;
  // Old enough by now, and the content was just compared: from here on the stamps are proof.
  if (racyItems(items, listedAt).length === 0) await store.putRecord("layer", key, settled);
  return settled;
}

/** The blocks without the stamps that prove nothing yet. */
function settledOnly(layout: readonly StampedSpan[], racy: readonly number[]): readonly StampedSpan[] {
  // Both are in the order of the entries.
  let at = 0;
  return layout.map(({ span, stamp }) => {
    while (at < racy.length && racy[at]! < span.first) at++;
    const settled = at === racy.length || racy[at]! >= span.end;
    return settled ? { span, stamp } : { span };
  });
}

async function pack(
  items: readonly LayerItem[],
  layout: readonly StampedSpan[] | undefined,
  identity: LayerIdentity,
  { store, progress }: BuildPorts,
  options: BuildImageOptions,
): Promise<PackedLayer> {
  const { encoder, signal } = options;
  let total = 0;
  for (const { entry } of items) total += entry.size;
  const keepBlocks = options.cache !== false && encoder.reusable && total >= KEEP_BLOCKS_ABOVE;
  const blocksKey = sha256Hex(`${WRITER_VERSION}\n${encoder.id}\n${identity.id}`);
  const record = keepBlocks ? parseBlocksRecord(await store.getRecord("layer-blocks", blocksKey)) : undefined;
  const tarItems = await toTarItems(items);
  const previous = record && (await openPrevious(store, record));
  const blockKey = keepBlocks ? (previous?.source.blockKey ?? newBlockKey()) : undefined;
  const packWith = async (source: BlockSource | undefined) =>
    packLayer(tarItems, {
      encoder,
      writer: await store.writer(),
      expectedSize: total,
      layout,
      blockKey,
      previous: source,
      onProgress: (bytes) => {
        signal?.throwIfAborted();
        progress?.report({ kind: "advance", id: identity.id, bytes, total });
      },
    });
  try {
    const packed = await packWith(previous?.source).catch((error: unknown) => {
      if (error instanceof PreviousDamaged) return packWith(undefined);
      throw error;
    });
    const { digest, size, blocks } = packed;
    if (keepBlocks) await store.putRecord("layer-blocks", blocksKey, { digest, size, blockKey, blocks });
    return packed;
  } finally {
    previous?.close();
  }
}

/** The blocks of an earlier blob, at hand until `close`. */
interface PreviousLayer {
  readonly source: BlockSource;
  close(): void;
}

/** Opens the blob of an earlier build for its blocks, each of which is checked when it is used; undefined when it is gone. */
async function openPrevious(
  store: BlobStore,
  { digest, size, blockKey, blocks }: BlocksRecord,
): Promise<PreviousLayer | undefined> {
  if (blocks.length === 0 || (await store.stat(digest)) !== size) return undefined;
  try {
    const parts = await store.openParts(digest);
    return parts && { source: new PreviousBlob(parts, blockKey, blocks), close: () => parts.close() };
  } catch {
    // It only would have saved time.
    return undefined;
  }
}

/** The store's record of a layer that was made: enough to use its blob again. */
export interface LayerRecord {
  readonly diffId: Digest;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly uncompressedSize: number;
  /** Files that have to be compared by content, because their stamps were too fresh. */
  readonly racy?: RacyDigests;
}

/** The store's record of the blocks of a layer, whatever became of its files. */
export interface BlocksRecord {
  readonly digest: Digest;
  readonly size: number;
  /** The key of the blocks' tags. */
  readonly blockKey: string;
  readonly blocks: readonly PackedBlock[];
}

/** The record of a packed layer. */
function recordOf(packed: PackedLayer): LayerRecord {
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
function parseBlocksRecord(value: unknown): BlocksRecord | undefined {
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
