import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { type Digest, digestHex } from "../../oci/digest.js";
import type { BlobWriter, StoredBlob } from "../../ports/blob-store.js";
import type { DiskCalls } from "./disk-calls.js";
import { storeError } from "./disk-error.js";
import { removeQuietly, renameIntoPlace, syncFolder, writeFully } from "./durable.js";
import { lookAt } from "./plain-file.js";
import { touch } from "./touch.js";

/** Bytes gathered before they are written, so that small writes cost no system call each. */
const BUFFER_SIZE = 1 << 20;

/** Bytes after which flushing begins in the background, so that `commit` does not wait for gigabytes. */
const FLUSH_EVERY = 64 << 20;

/**
 * Writes one blob: a temporary file, flushed, made read-only, renamed to its digest, the folder flushed. Another
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
