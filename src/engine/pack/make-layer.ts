import { sha256Hex } from "../../core/sha256.js";
import { type LayerItem, toTarItems } from "../../layer/layer-item.js";
import { newBlockKey } from "../../layer/pack/block-tag.js";
import { packLayer } from "../../layer/pack/pack-layer.js";
import type { PackedLayer } from "../../layer/pack/packed-layer.js";
import type { BuildImageOptions, BuildPorts } from "../ports.js";
import { layerKey, WRITER_VERSION } from "./layer-key.js";
import { type LayerRecord, parseBlocksRecord, parseLayerRecord, recordOf } from "./layer-record.js";
import { openPrevious } from "./previous-layer.js";
import { digestItems, racyItems, sameDigests } from "./racy-files.js";

/** A layer that is in the store. */
export interface MadeLayer extends LayerRecord {
  /** Whether it was there already, so that no file was read. */
  readonly cached: boolean;
}

/** What names a layer from one build to the next, whatever its files are. */
export interface LayerIdentity {
  readonly id: string;
  readonly label: string;
}

/** Smaller layers are made again faster than their blocks are looked up. */
const KEEP_BLOCKS_ABOVE = 4 << 20;

/** Makes the blob of a layer, or finds it in the store when nothing of what it is made from has changed. */
export async function makeLayer(
  items: readonly LayerItem[],
  identity: LayerIdentity,
  listedAt: number,
  ports: BuildPorts,
  options: BuildImageOptions,
): Promise<MadeLayer> {
  const { store } = ports;
  const key = options.cache === false ? undefined : layerKey(items, options.encoder.id);
  const known = key === undefined ? undefined : await findLayer(items, key, listedAt, ports);
  if (known !== undefined) return { ...known, cached: true };
  const racy = racyItems(items, listedAt);
  const before = key === undefined ? undefined : await digestItems(items, racy);
  const packed = await pack(items, identity, ports, options);
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

async function pack(
  items: readonly LayerItem[],
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
  const previous = record && (await openPrevious(store, record));
  const blockKey = keepBlocks ? (previous?.source.blockKey ?? newBlockKey()) : undefined;
  try {
    const packed = await packLayer(await toTarItems(items), {
      encoder,
      writer: await store.writer(),
      expectedSize: total,
      blockKey,
      previous: previous?.source,
      onProgress: (bytes) => {
        signal?.throwIfAborted();
        progress?.report({ kind: "advance", id: identity.id, bytes, total });
      },
    });
    const { digest, size, blocks } = packed;
    if (keepBlocks) await store.putRecord("layer-blocks", blocksKey, { digest, size, blockKey, blocks });
    return packed;
  } finally {
    await previous?.close();
  }
}
