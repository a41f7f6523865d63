import { join } from "node:path";
import type { Digest } from "../../oci/digest.js";
import type { DiskCalls } from "../host/disk-calls.js";
import { ownerState } from "../host/owner-mark.js";
import { lookAt, removeQuietly } from "../host/plain-file.js";
import { namesIn, type StorePaths } from "../host/store-folder.js";

/** A blob in the store. */
interface ListedBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** The time of the last write or read, in milliseconds since the epoch. */
  readonly usedAt: number;
}

/** The contents of a store. */
export interface StoreListing {
  /** The most recently used first. */
  readonly blobs: readonly ListedBlob[];
  readonly records: { readonly count: number; readonly bytes: number };
  /** Temporary files of running processes, locks and marks of owners. */
  readonly temporary: { readonly count: number; readonly bytes: number };
  /** Bytes of all these. */
  readonly bytes: number;
}

/** The limits of a store. Without one nothing is removed. */
export interface PruneOptions {
  /** Remove the blobs not used for longest until at most so many bytes are left. */
  readonly maxBytes?: number;
  /** Remove what was not used for so many milliseconds. */
  readonly maxAgeMs?: number;
  /** Only say what would go. */
  readonly dryRun?: boolean;
  /** Entries used within this time stay in any case (default: those that no running process can have used go). */
  readonly graceMs?: number;
}

/** The blobs and records that were removed, or would be. */
export interface PruneReport {
  readonly removed: readonly ListedBlob[];
  readonly removedRecords: number;
  readonly freedBytes: number;
  /** Bytes that are left. */
  readonly keptBytes: number;
}

/** File systems keep times in steps, and two clocks may be read. */
const CLOCK_SLACK_MS = 5000;

interface UsedFile {
  readonly path: string;
  readonly size: number;
  readonly usedAt: number;
}

/** Lists blobs and records with their sizes. */
export function listStore(paths: StorePaths): StoreListing {
  const blobs = blobsOf(paths);
  const records = recordsOf(paths);
  const recordBytes = total(records);
  const temporary = temporaryOf(paths);
  return {
    blobs: blobs.map(({ digest, size, usedAt }) => ({ digest, size, usedAt })),
    records: { count: records.length, bytes: recordBytes },
    temporary: { count: temporary.length, bytes: total(temporary) },
    bytes: total(blobs) + recordBytes + total(temporary),
  };
}

/**
 * Removes the least recently used files. Every look at a blob renews its time, so what a running build has looked at
 * is younger than the build's own mark in `active/`; nothing younger than the oldest mark of a running process goes.
 */
export function pruneStore(
  disk: DiskCalls,
  paths: StorePaths,
  options: PruneOptions,
  ownMark: string,
): PruneReport {
  const now = Date.now();
  const grace = options.graceMs === undefined ? Number.POSITIVE_INFINITY : now - options.graceMs;
  const newest = Math.min(grace, usedSince(paths, ownMark));
  const expired = now - (options.maxAgeMs ?? Number.POSITIVE_INFINITY);
  const records = recordsOf(paths);
  const oldRecords = records.filter(({ usedAt }) => usedAt < newest && usedAt < expired);
  const blobs = blobsOf(paths);
  let kept = total(blobs) + total(records) - total(oldRecords);
  const removed: (UsedFile & ListedBlob)[] = [];
  for (const blob of blobs.reverse()) {
    const over = options.maxBytes !== undefined && kept > options.maxBytes;
    if (blob.usedAt >= newest || !(over || blob.usedAt < expired)) continue;
    // A build may have begun to use it since the listing.
    if (options.dryRun !== true && !removeUnused(disk, blob)) continue;
    removed.push(blob);
    kept -= blob.size;
  }
  // Records are small, and help to make blobs again: they go when there is still too much.
  const goingRecords = [...oldRecords];
  for (const record of records.sort((left, right) => left.usedAt - right.usedAt)) {
    if (options.maxBytes === undefined || kept <= options.maxBytes) break;
    if (record.usedAt >= newest || oldRecords.includes(record)) continue;
    goingRecords.push(record);
    kept -= record.size;
  }
  if (options.dryRun !== true) for (const record of goingRecords) removeUnused(disk, record);
  return {
    removed: removed.map(({ digest, size, usedAt }) => ({ digest, size, usedAt })),
    removedRecords: goingRecords.length,
    freedBytes: total(removed) + total(goingRecords),
    keptBytes: kept,
  };
}

function removeUnused(disk: DiskCalls, file: UsedFile): boolean {
  const stat = lookAt(file.path);
  if (stat === undefined || stat.mtimeMs !== file.usedAt) return false;
  removeQuietly(disk, file.path);
  return lookAt(file.path) === undefined;
}

/**
 * The time since when running processes may have used what is in the store, by their marks; infinite where there is
 * none.
 */
export function usedSince(paths: StorePaths, ownMark: string): number {
  return oldestMark(paths, ownMark) - CLOCK_SLACK_MS;
}

function oldestMark(paths: StorePaths, ownMark: string): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const name of namesIn(paths.active)) {
    const path = join(paths.active, name);
    if (path === ownMark || ownerState(name) === "gone") continue;
    oldest = Math.min(oldest, lookAt(path)?.mtimeMs ?? oldest);
  }
  return oldest;
}

/** The blobs, the most recently used first. */
function blobsOf(paths: StorePaths): (UsedFile & ListedBlob)[] {
  return filesIn(paths.blobs)
    .filter(({ name }) => /^[0-9a-f]{64}$/.test(name))
    .map(({ name, ...file }) => ({ ...file, digest: `sha256:${name}` as const }))
    .sort((left, right) => right.usedAt - left.usedAt || (left.digest < right.digest ? -1 : 1));
}

function recordsOf(paths: StorePaths): UsedFile[] {
  return namesIn(paths.records).flatMap((kind) => filesIn(join(paths.records, kind)));
}

function temporaryOf(paths: StorePaths): UsedFile[] {
  return [paths.temp, paths.active, paths.locks].flatMap((folder) =>
    namesIn(folder).flatMap((name) => {
      const stat = lookAt(join(folder, name));
      return stat === undefined ? [] : [{ path: join(folder, name), size: stat.size, usedAt: stat.mtimeMs }];
    }),
  );
}

function filesIn(folder: string): (UsedFile & { readonly name: string })[] {
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    const stat = lookAt(path);
    return stat?.isFile() ? [{ name, path, size: stat.size, usedAt: stat.mtimeMs }] : [];
  });
}

function total(files: readonly { readonly size: number }[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
