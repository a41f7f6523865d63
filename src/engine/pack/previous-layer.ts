import type { BlockSource } from "../../layer/pack/packed-layer.js";
import { PreviousBlob } from "../../layer/pack/previous-blob.js";
import { Spool } from "../../layer/spooled-layer.js";
import type { BlobStore } from "../../ports/blob-store.js";
import type { BlocksRecord } from "./layer-record.js";

/** The blocks of an earlier blob, at hand until `close`. */
export interface PreviousLayer {
  readonly source: BlockSource;
  close(): Promise<void>;
}

/** Puts the blob of an earlier build where its blocks can be read; undefined when it is gone or damaged. */
export async function openPrevious(
  store: BlobStore,
  record: BlocksRecord,
): Promise<PreviousLayer | undefined> {
  if (record.blocks.length === 0 || (await store.stat(record.digest)) !== record.size) return undefined;
  const spool = await Spool.open(store);
  try {
    for await (const chunk of store.read(record.digest, { transient: true })) spool.write(chunk);
  } catch {
    // It only would have saved time.
    await spool.dispose();
    return undefined;
  }
  const source = new PreviousBlob(spool.finish().path, record.blockKey, record.blocks);
  const close = async () => {
    source.close();
    await spool.dispose();
  };
  return { source, close };
}
