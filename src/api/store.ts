import { type KeptFolder, listKept, removeKept } from "../adapters/sandbox-runc/kept-folders.js";
import { type DirBlobStore, openDirStore } from "../adapters/store-dir/dir-blob-store.js";
import type { PruneOptions } from "../adapters/store-dir/prune.js";

/** Opens the store in a folder, the user's own by default: what the `cache` command looks at. */
export function openStore(folder?: string): Promise<DirBlobStore> {
  return openDirStore(folder === undefined ? {} : { folder });
}

/** The folders that run steps keep in a store: unpacked bases and caches of commands. */
export function keptFolders(store: DirBlobStore): Promise<KeptFolder[]> {
  return listKept(store.folder);
}

const GRACE_MS = 60 * 60 * 1000;

/**
 * Removes the folders of run steps that the limits leave no room for, the least recently used first; what was used
 * within an hour stays.
 *
 * @param usedBytes what the rest of the store takes
 */
export async function pruneFolders(
  store: DirBlobStore,
  { maxBytes, maxAgeMs, dryRun, graceMs = GRACE_MS }: PruneOptions,
  usedBytes: number,
): Promise<KeptFolder[]> {
  const kept = await keptFolders(store);
  let total = usedBytes + kept.reduce((sum, { size }) => sum + size, 0);
  const removed: KeptFolder[] = [];
  for (const folder of kept.reverse()) {
    const age = Date.now() - folder.usedAt;
    const goes =
      age >= (maxAgeMs ?? Number.POSITIVE_INFINITY) || (maxBytes !== undefined && total > maxBytes);
    if (!goes || age < graceMs || (dryRun !== true && !(await removeKept(folder)))) continue;
    removed.push(folder);
    total -= folder.size;
  }
  return removed;
}
