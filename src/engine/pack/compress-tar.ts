import { createHash } from "node:crypto";
import { TAR_BLOCK_SIZE } from "../../archive/tar-blocks.js";
import { sha256Hex } from "../../core/bytes.js";
import { IntegrityError } from "../../errors/layerwright-error.js";
import type { BaseLayer } from "../../ports/base-source.js";
import type { BuildImageOptions, BuildPorts } from "../ports.js";
import { type LayerRecord, parseLayerRecord } from "./make-layer.js";

/**
 * Compresses the plain tar of a base (`docker save` and root file systems have those), byte for byte as it is, so
 * that its diff_id stays; or finds it compressed in the store.
 */
export async function compressTar(
  layer: BaseLayer,
  { store }: BuildPorts,
  { encoder, signal }: BuildImageOptions,
): Promise<LayerRecord> {
  const key = sha256Hex(`${encoder.id}\n${layer.diffId}`);
  const known = parseLayerRecord(await store.getRecord("base-layer", key));
  if (known !== undefined && (await store.stat(known.digest)) === known.size) return known;
  const session = encoder.open();
  const writer = await store.writer();
  try {
    const hash = createHash("sha256");
    writer.write(session.header);
    let uncompressedSize = 0;
    const pending: Promise<Uint8Array>[] = [];
    for await (const block of inBlocks(layer.blob({ transient: true }))) {
      signal?.throwIfAborted();
      hash.update(block);
      uncompressedSize += block.length;
      session.note(block);
      const encoded = session.encode(block);
      // Awaited later and in order; without this a failure in between would be an unhandled one.
      encoded.catch(() => {});
      pending.push(encoded);
      if (pending.length >= encoder.parallel) writer.write(await pending.shift()!);
    }
    for (const encoded of pending) writer.write(await encoded);
    writer.write(session.trailer());
    const found = `sha256:${hash.digest("hex")}`;
    const { diffId } = layer;
    if (found !== diffId) throw new IntegrityError("DIFF_ID_WRONG", { diffId, found }, { subject: diffId });
    const record: LayerRecord = { diffId, uncompressedSize, ...(await writer.commit()) };
    await store.putRecord("base-layer", key, record);
    return record;
  } catch (error) {
    await writer.discard();
    throw error;
  } finally {
    await session.close();
  }
}

async function* inBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let block = Buffer.allocUnsafe(TAR_BLOCK_SIZE);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const take = Math.min(block.length - filled, chunk.length - at);
      block.set(chunk.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled < block.length) continue;
      yield block;
      block = Buffer.allocUnsafe(TAR_BLOCK_SIZE);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}
