import { utimesSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { sha256Hex } from "../../core/bytes.js";
import { IntegrityError } from "../../errors/layerwright-error.js";
import { type Digest, digestHex, isDigest } from "../../oci/digest.js";
import type {
  BlobParts,
  BlobStore,
  BlobWriter,
  ReadOptions,
  ScratchFile,
  StoreWait,
} from "../../ports/blob-store.js";
import { type DiskCalls, errnoOf, realDisk, storeError } from "../host/disk-calls.js";
import { removeDeadLocks, takeLock } from "../host/owned-lock.js";
import { newOwnedName } from "../host/owner-mark.js";
import { lookAt, readPlainFile, removeQuietly, renameIntoPlace, writeFully } from "../host/plain-file.js";
import {
  defaultStoreFolder,
  makeFolders,
  prepareFolders,
  removeLeftovers,
  type StorePaths,
  storePaths,
} from "../host/store-folder.js";
import { BlobFileWriter, openBlobParts, readBlobFile, touch } from "./blob-file.js";
import {
  listStore,
  type PruneOptions,
  type PruneReport,
  pruneStore,
  type StoreListing,
  usedSince,
} from "./prune.js";

/** Options of a store. */
interface DirStoreOptions {
  /** The store's directory; the user's own by default (see `defaultStoreFolder`). */
  readonly folder?: string;
  /** @internal For tests that let calls fail. */
  readonly disk?: DiskCalls;
}

/** Opens the store in a directory: makes it, checks that it can be trusted, removes what dead processes left. */
export async function openDirStore(options: DirStoreOptions = {}): Promise<DirBlobStore> {
  const paths = storePaths(resolve(options.folder ?? defaultStoreFolder()));
  const disk = options.disk ?? realDisk;
  prepareFolders(disk, paths);
  removeLeftovers(disk, paths.temp);
  removeLeftovers(disk, paths.active);
  return new DirBlobStore(disk, paths);
}

/**
 * A blob store in a directory, in the shape of an OCI layout (`blobs/sha256/<hex>`), with records beside the blobs.
 * Safe for concurrent processes without a lock: blobs come into being by rename, under a name that their content
 * decides.
 */
export class DirBlobStore implements BlobStore {
  readonly #disk: DiskCalls;
  readonly #paths: StorePaths;
  readonly #mark: string;
  /** Blobs that came into being here, and not those that were there already. */
  readonly #written = new Set<Digest>();

  /** @internal Use `openDirStore`. */
  constructor(disk: DiskCalls, paths: StorePaths) {
    this.#disk = disk;
    this.#paths = paths;
    this.#mark = join(paths.active, newOwnedName());
    try {
      disk.closeSync(disk.openSync(this.#mark, "wx", 0o600));
      const now = new Date();
      utimesSync(this.#mark, now, now);
    } catch {
      // A read-only store has no prune that this mark would hold back.
    }
  }

  /** The store's directory. */
  get folder(): string {
    return this.#paths.root;
  }

  async writer(): Promise<BlobWriter> {
    const onWritten = (digest: Digest) => void this.#written.add(digest);
    return this.#inTemp((path) => new BlobFileWriter(this.#disk, path, this.#paths.blobs, onWritten));
  }

  async stat(digest: Digest): Promise<number | undefined> {
    const path = this.#blobPath(digest);
    const stat = lookAt(path);
    if (!stat?.isFile()) return undefined;
    touch(path);
    return stat.size;
  }

  read(digest: Digest, options: ReadOptions = {}): AsyncIterable<Uint8Array> {
    this.#blobPath(digest);
    const own = options.trustOwn === true && this.#written.has(digest);
    const verify = !own && options.receiverChecks !== true;
    const { transient = false, size } = options;
    return readBlobFile(this.#disk, this.#paths, digest, { verify, transient, size });
  }

  async openParts(digest: Digest): Promise<BlobParts | undefined> {
    const size = await this.stat(digest);
    return size === undefined ? undefined : openBlobParts(this.#disk, this.#paths, digest);
  }

  async getRecord(kind: string, key: string): Promise<unknown> {
    return readRecord(recordPath(this.#paths.records, checkKind(kind), key), key);
  }

  async putRecord(kind: string, key: string, value: unknown): Promise<void> {
    const path = recordPath(this.#paths.records, checkKind(kind), key);
    try {
      await this.#inTemp((temp) => writeRecord(this.#disk, temp, path, key, value));
    } catch (error) {
      throw storeError(error, "write", path);
    }
  }

  async alone<Result>(name: string, work: () => Promise<Result>, wait: StoreWait = {}): Promise<Result> {
    const release = await this.#lock(join(this.#paths.locks, sha256Hex(name)), wait);
    try {
      return await work();
    } finally {
      release();
    }
  }

  async scratchFile(): Promise<ScratchFile> {
    return this.#inTemp((path) => {
      this.#disk.closeSync(this.#disk.openSync(path, "wx", 0o600));
      return { path, dispose: async () => removeQuietly(this.#disk, path) };
    });
  }

  /** The contents of the store. */
  async list(): Promise<StoreListing> {
    return listStore(this.#paths);
  }

  /** Removes what was not used for longest. Safe beside running builds (see prune.ts). */
  async prune(options: PruneOptions): Promise<PruneReport> {
    removeLeftovers(this.#disk, this.#paths.temp);
    removeLeftovers(this.#disk, this.#paths.active);
    if (options.dryRun !== true) removeDeadLocks(this.#paths.locks);
    return pruneStore(this.#disk, this.#paths, options, this.#mark);
  }

  /** The time since when other running processes may have used what is in the store; infinite where there is none. */
  usedSince(): number {
    return usedSince(this.#paths, this.#mark);
  }

  /** Takes back the mark that this process uses the store. */
  async close(): Promise<void> {
    removeQuietly(this.#disk, this.#mark);
  }

  /** Takes a lock, for as long as its holder lives; makes the directories again when someone removed them. */
  async #lock(path: string, wait: StoreWait): Promise<() => void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const release = await takeLock(path, wait);
        if (release !== undefined) return release;
      } catch (error) {
        if (wait.signal?.aborted === true) throw error;
        if (errnoOf(error) !== "ENOENT" || attempt > 1) throw storeError(error, "write", path);
        makeFolders(this.#disk, this.#paths);
      }
    }
  }

  /** Makes something at a new temporary path; makes the directories again when someone removed them. */
  #inTemp<T>(make: (path: string) => T): T {
    const path = join(this.#paths.temp, newOwnedName());
    try {
      return make(path);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw storeError(error, "write", path);
    }
    try {
      makeFolders(this.#disk, this.#paths);
      return make(path);
    } catch (error) {
      throw storeError(error, "write", path);
    }
  }

  #blobPath(digest: Digest): string {
    if (!isDigest(digest)) throw new IntegrityError("DIGEST_INVALID", { value: String(digest) });
    return join(this.#paths.blobs, digestHex(digest));
  }
}

/** Kinds are directory names of our own making. */
function checkKind(kind: string): string {
  if (/^[a-z][a-z0-9-]*$/.test(kind)) return kind;
  throw new TypeError(`a record kind is a lower-case word, not ${JSON.stringify(kind)}`);
}

/** The version of the record format. Records of another version are as if they were not there. */
const VERSION = 1;

/** A larger file is none that was written here: the index of a layer has some hundred bytes a file. */
const MOST_BYTES = 1 << 30;

/** The path of a record. Keys can be long and hold anything, so they are hashed. */
function recordPath(records: string, kind: string, key: string): string {
  return join(records, kind, `${sha256Hex(key)}.json`);
}

/**
 * Reads a record: a line of JSON about it, then its value as JSON. Anything wrong with it (cut short, garbage, a
 * flipped bit, a newer version, another key, something that is no file) makes it absent: a cache never fails a build.
 */
export function readRecord(path: string, key: string): unknown {
  try {
    const bytes = readPlainFile(path, MOST_BYTES);
    if (bytes === undefined) return undefined;
    const end = bytes.indexOf("\n");
    const head = JSON.parse(bytes.toString("utf8", 0, end)) as {
      version?: unknown;
      key?: unknown;
      sha256?: unknown;
    };
    const body = bytes.subarray(end + 1);
    if (head.version !== VERSION || head.key !== key || head.sha256 !== sha256Hex(body)) return undefined;
    touch(path);
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Writes a record beside its place and renames it. It is not flushed to the disk: a record that a power cut takes
 * away, or leaves half-written, is only a cache miss.
 */
async function writeRecord(
  disk: DiskCalls,
  temp: string,
  path: string,
  key: string,
  value: unknown,
): Promise<void> {
  // As bytes at once: a large value would else be copied for the digest and once more for the file.
  const body = Buffer.from(JSON.stringify(value));
  const head = JSON.stringify({ version: VERSION, key, sha256: sha256Hex(body) });
  const fd = disk.openSync(temp, "wx", 0o600);
  try {
    try {
      writeFully(disk, fd, Buffer.from(`${head}\n`));
      writeFully(disk, fd, body);
    } finally {
      disk.closeSync(fd);
    }
    await renameIntoPlace(disk, temp, path, dirname(temp));
  } catch (error) {
    removeQuietly(disk, temp);
    throw error;
  }
}
