import type { BlockSource } from "../../layer/pack/packed-layer.js";
import { PreviousBlob } from "../../layer/pack/previous-blob.js";
import type { BlobStore } from "../../ports/blob-store.js";
import type { BlocksRecord } from "./layer-record.js";

/** The blocks of an earlier blob, at hand until `close`. */
export interface PreviousLayer {
  readonly source: BlockSource;
  close(): void;
}

/** Opens the blob of an earlier build for its blocks, each of which is checked when it is used; undefined when it is gone. */
export async function openPrevious(
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
