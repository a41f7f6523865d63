import { type DirBlobStore, openDirStore } from "../adapters/store-dir/dir-blob-store.js";

/** Opens the store in a folder, the user's own by default: what the `cache` command looks at. */
export function openStore(folder?: string): Promise<DirBlobStore> {
  return openDirStore(folder === undefined ? {} : { folder });
}
