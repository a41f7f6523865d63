import { createHash } from "node:crypto";
import { closeSync, readSync } from "node:fs";
import { join } from "node:path";
import { IntegrityError } from "../../errors/layerwright-error.js";
import { type Digest, digestHex } from "../../oci/digest.js";
import type { BlobParts } from "../../ports/blob-store.js";
import { type DiskCalls, errnoOf } from "./disk-calls.js";
import { storeError } from "./disk-error.js";
import { clearPath, lookAt, openPlainFile, type PlainFile } from "./plain-file.js";
import type { StorePaths } from "./store-folder.js";
import { touch } from "./touch.js";

/** Bytes read at a time. */
const CHUNK = 1 << 20;

/** How the file of a blob is read. */
export interface BlobReading {
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
