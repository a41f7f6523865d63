import { createDiskBases } from "../adapters/bases/disk-bases.js";
import { decodeLayer } from "../archive/decode.js";
import type { BaseSource, DiskBaseLocation } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";

/** Bases on disk, unpacked by our own codecs. */
export function diskBases(store: BlobStore): BaseSource<DiskBaseLocation> {
  return createDiskBases({ store, decompress: (bytes, archive) => decodeLayer(bytes, { archive }) });
}
