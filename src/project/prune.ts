import { isInUse, type KeptFolder, listKept, removeKept } from "../adapters/sandbox-runc/kept-folders.js";
import { removeDeadGroups } from "../adapters/sandbox-runc/process-group.js";
import type { DirBlobStore } from "../adapters/store-dir/dir-blob-store.js";
import type { PruneOptions } from "../adapters/store-dir/prune.js";

/** The directories that run steps keep or left in a store: unpacked bases, caches of commands, work of those that were killed. */
export function keptFolders(store: DirBlobStore): Promise<KeptFolder[]> {
  return listKept(store.folder);
}

/**
 * Removes what killed commands left, and the directories of run steps that the limits leave no room for, the least recently
 * used first. What a running process may use stays: its mark in the store says since when.
 *
 * @param usedBytes what the rest of the store takes
 */
export async function pruneFolders(
  store: DirBlobStore,
  { maxBytes, maxAgeMs, dryRun, graceMs }: PruneOptions,
  usedBytes: number,
): Promise<KeptFolder[]> {
  const kept = await keptFolders(store);
  const now = Date.now();
  const grace = graceMs === undefined ? Number.POSITIVE_INFINITY : now - graceMs;
  const newest = Math.min(grace, store.usedSince());
  let total = usedBytes + kept.reduce((sum, { size }) => sum + size, 0);
  const removed: KeptFolder[] = [];
  for (const folder of kept.reverse()) {
    const old = now - folder.usedAt >= (maxAgeMs ?? Number.POSITIVE_INFINITY);
    const over = maxBytes !== undefined && total > maxBytes;
    const goes = folder.kind === "work" || ((old || over) && folder.usedAt < newest);
    if (!goes || isInUse(folder) || (dryRun !== true && !(await removeKept(store.folder, folder)))) continue;
    removed.push(folder);
    total -= folder.size;
  }
  return removed;
}

/**
 * Removes the groups of processes (cgroups) that commands of killed builds left on this machine, whatever their store.
 *
 * @returns their number
 */
export function pruneGroups(dryRun: boolean): number {
  return removeDeadGroups("everywhere", { dryRun });
}
