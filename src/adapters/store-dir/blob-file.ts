import { createHash } from "node:crypto";
import { closeSync, readSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { IntegrityError } from "../../errors/layerwright-error.js";
import { type Digest, digestHex } from "../../oci/digest.js";
import type { BlobParts, BlobWriter, StoredBlob } from "../../ports/blob-store.js";
import { type DiskCalls, errnoOf, storeError } from "../host/disk-calls.js";
import {
  clearPath,
  lookAt,
  openPlainFile,
  type PlainFile,
  removeQuietly,
  renameIntoPlace,
  syncFolder,
  writeFully,
} from "../host/plain-file.js";
import type { StorePaths } from "../host/store-folder.js";

/** Bytes read at a time. */
const CHUNK = 1 << 20;

/** Options to read the file of a blob. */
interface BlobReading {
  /** True when the content is checked against the digest, as it always is but for what was written just now. */
  readonly verify: boolean;
  /** True when all chunks may be the same memory. */
  readonly transient: boolean;
  /** Bytes that it has to have, where they are known. */
  readonly size: number | undefined;
}

/**
 * The bytes of a stored blob. Reads are synchronous: for files in the page cache that is three times as fast as
 * through the thread pool. A blob whose content does not have its digest is taken out of the store.
 */
export async function* readBlobFile(
  disk: DiskCalls,
  paths: StorePaths,
  digest: Digest,
  { verify, transient, size }: BlobReading,
): AsyncGenerator<Uint8Array> {
  const path = join(paths.blobs, digestHex(digest));
  const { fd, stat } = openBlob(disk, paths, path, digest);
  try {
    touch(path);
    const damaged = (reason: string) => {
      // A good copy that came meanwhile stays.
      if (lookAt(path)?.ino === stat.ino) clearPath(disk, path, paths.temp);
      return new IntegrityError("BLOB_DAMAGED", { digest, reason }, { subject: path });
    };
    if (size !== undefined && stat.size !== size) throw damaged(`it has ${stat.size} bytes, and not ${size}`);
    const hash = createHash("sha256");
    let chunk: Buffer | undefined;
    for (;;) {
      // New memory costs more than to read into it, so it is taken only where somebody keeps the chunk.
      if (chunk === undefined || !transient) chunk = Buffer.allocUnsafeSlow(CHUNK);
      const length = readChunk(fd, chunk, path);
      if (length === 0) break;
      const bytes = length === CHUNK ? chunk : chunk.subarray(0, length);
      if (verify) hash.update(bytes);
      yield bytes;
    }
    if (!verify) return;
    const found = hash.digest("hex");
    if (found === digestHex(digest)) return;
    throw damaged(`its content has the digest sha256:${found}`);
  } finally {
    closeSync(fd);
  }
}

/** Opens a stored blob for reads at any offset; it stays readable when it is pruned meanwhile. */
export function openBlobParts(disk: DiskCalls, paths: StorePaths, digest: Digest): BlobParts {
  const path = join(paths.blobs, digestHex(digest));
  const { fd } = openBlob(disk, paths, path, digest);
  touch(path);
  return {
    read: (target, offset) => readChunk(fd, target, path, offset),
    close: () => closeSync(fd),
  };
}

/** Opens a blob. What has taken its place, or may not be read, is taken out of the store, so that it is made anew. */
function openBlob(disk: DiskCalls, paths: StorePaths, path: string, digest: Digest): PlainFile {
  let cause: unknown;
  try {
    const file = openPlainFile(path);
    if (file !== undefined) return file;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== "ENOENT" && errno !== "ENOTDIR" && errno !== "EACCES")
      throw storeError(error, "read", path);
    cause = error;
  }
  if (!clearPath(disk, path, paths.temp)) throw storeError(cause ?? new Error("it is no file"), "read", path);
  throw new IntegrityError("BLOB_MISSING", { digest }, { subject: digest, cause });
}

function readChunk(fd: number, chunk: Uint8Array, path: string, from?: number): number {
  let done = 0;
  try {
    while (done < chunk.length) {
      const got = readSync(fd, chunk, done, chunk.length - done, from === undefined ? null : from + done);
      if (got === 0) break;
      done += got;
    }
  } catch (error) {
    throw storeError(error, "read", path);
  }
  return done;
}

/** Bytes gathered before they are written, so that small writes cost no system call each. */
const BUFFER_SIZE = 1 << 20;

/** Bytes after which flushing begins in the background, so that `commit` does not wait for gigabytes. */
const FLUSH_EVERY = 64 << 20;

/**
 * Writes one blob: a temporary file, flushed, made read-only, renamed to its digest, the directory flushed. Another
 * process that writes the same blob changes nothing: the first rename wins and the later file is dropped.
 */
export class BlobFileWriter implements BlobWriter {
  readonly #disk: DiskCalls;
  readonly #path: string;
  readonly #blobs: string;
  readonly #onWritten: (digest: Digest) => void;
  readonly #hash = createHash("sha256");
  #fd: number | undefined;
  #size = 0;
  #buffer: Buffer | undefined;
  #buffered = 0;
  #flushedAt = 0;
  #flushing: Promise<void> | undefined;
  #failure: unknown;
  #stored: StoredBlob | undefined;

  constructor(disk: DiskCalls, path: string, blobs: string, onWritten: (digest: Digest) => void) {
    this.#disk = disk;
    this.#path = path;
    this.#blobs = blobs;
    this.#onWritten = onWritten;
    // Nobody else may read or write it while it grows.
    this.#fd = disk.openSync(path, "wx", 0o600);
  }

  write(chunk: Uint8Array): void {
    this.#check();
    this.#hash.update(chunk);
    this.#size += chunk.length;
    try {
      this.#append(chunk);
    } catch (error) {
      throw this.#fail(error, "write");
    }
    if (this.#size - this.#flushedAt >= FLUSH_EVERY && this.#flushing === undefined) this.#startFlush();
  }

  async commit(): Promise<StoredBlob> {
    if (this.#stored !== undefined) return this.#stored;
    const fd = this.#check();
    const digest = `sha256:${this.#hash.digest("hex")}` as const;
    const place = join(this.#blobs, digestHex(digest));
    try {
      await this.#flushing;
      if (this.#failure !== undefined) throw this.#failure;
      if (sizeOf(place) === this.#size) {
        touch(place);
        this.#stored = { digest, size: this.#size };
        await this.discard();
        return this.#stored;
      }
      this.#writeBuffer();
      this.#disk.fchmodSync(fd, 0o444);
      await this.#disk.fsync(fd);
      this.#fd = undefined;
      this.#disk.closeSync(fd);
      await renameIntoPlace(this.#disk, this.#path, place, dirname(this.#path));
      await syncFolder(this.#disk, dirname(place));
      this.#onWritten(digest);
    } catch (error) {
      throw this.#fail(error, "write");
    }
    this.#stored = { digest, size: this.#size };
    return this.#stored;
  }

  async discard(): Promise<void> {
    await this.#flushing;
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    try {
      this.#disk.closeSync(fd);
    } catch {
      // What was written is dropped anyway.
    }
    removeQuietly(this.#disk, this.#path);
  }

  #append(chunk: Uint8Array): void {
    if (this.#buffered === 0 && chunk.length >= BUFFER_SIZE / 4) {
      writeFully(this.#disk, this.#fd!, chunk);
      return;
    }
    if (this.#buffered + chunk.length > BUFFER_SIZE) this.#writeBuffer();
    if (chunk.length > BUFFER_SIZE) {
      writeFully(this.#disk, this.#fd!, chunk);
      return;
    }
    this.#buffer ??= Buffer.allocUnsafeSlow(BUFFER_SIZE);
    this.#buffer.set(chunk, this.#buffered);
    this.#buffered += chunk.length;
  }

  #writeBuffer(): void {
    if (this.#buffered === 0) return;
    writeFully(this.#disk, this.#fd!, this.#buffer!.subarray(0, this.#buffered));
    this.#buffered = 0;
  }

  #startFlush(): void {
    this.#flushedAt = this.#size;
    this.#flushing = this.#disk.fdatasync(this.#fd!).then(
      () => {
        this.#flushing = undefined;
      },
      (error: unknown) => {
        // The kernel reports lost data once only: a later flush would succeed and mean nothing.
        this.#failure = error;
      },
    );
  }

  #check(): number {
    if (this.#failure !== undefined) throw storeError(this.#failure, "write", this.#path);
    if (this.#fd === undefined || this.#stored !== undefined)
      throw new TypeError("the blob is already finished");
    return this.#fd;
  }

  #fail(error: unknown, action: string): Error {
    this.#failure = error;
    if (this.#fd === undefined) removeQuietly(this.#disk, this.#path);
    else void this.discard();
    return storeError(error, action, this.#path);
  }
}

function sizeOf(path: string): number | undefined {
  const stat = lookAt(path);
  return stat?.isFile() ? stat.size : undefined;
}

/** Notes that a file was used now, for prune. Does nothing where that cannot be written down. */
export function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // A read-only store still serves blobs.
  }
}
