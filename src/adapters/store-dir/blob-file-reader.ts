import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { IntegrityError } from "../../errors/layerwright-error.js";
import { type Digest, digestHex } from "../../oci/digest.js";
import type { BlobParts } from "../../ports/blob-store.js";
import { type DiskCalls, errnoOf } from "./disk-calls.js";
import { storeError } from "./disk-error.js";
import { removeQuietly } from "./durable.js";
import { newOwnedName } from "./owner-mark.js";
import type { StorePaths } from "./store-folder.js";
import { touch } from "./touch.js";

/** Bytes read at a time. */
const CHUNK = 1 << 20;

/** How the file of a blob is read. */
export interface BlobReading {
  /** Whether the content is checked against the digest, as it always is but for what was written just now. */
  readonly verify: boolean;
  /** Whether all chunks may be the same memory. */
  readonly transient: boolean;
}

/**
 * The bytes of a stored blob. Reads are synchronous: for files in the page cache that is three times as fast as
 * through the thread pool. A blob whose content does not have its digest is taken out of the store.
 */
export async function* readBlobFile(
  disk: DiskCalls,
  paths: StorePaths,
  digest: Digest,
  { verify, transient }: BlobReading,
): AsyncGenerator<Uint8Array> {
  const path = join(paths.blobs, digestHex(digest));
  const fd = openBlob(path, digest);
  try {
    touch(path);
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new IntegrityError("BLOB_MISSING", { digest }, { subject: path });
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
    dropBlob(disk, paths, path, stat.ino);
    const reason = `its content has the digest sha256:${found}`;
    throw new IntegrityError("BLOB_DAMAGED", { digest, reason }, { subject: path });
  } finally {
    closeSync(fd);
  }
}

/** Opens a stored blob for reads at any offset; it stays readable when it is pruned meanwhile. */
export function openBlobParts(paths: StorePaths, digest: Digest): BlobParts {
  const path = join(paths.blobs, digestHex(digest));
  const fd = openBlob(path, digest);
  touch(path);
  return {
    read: (target, offset) => readChunk(fd, target, path, offset),
    close: () => closeSync(fd),
  };
}

function openBlob(path: string, digest: Digest): number {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ELOOP" || errno === "EISDIR") {
      throw new IntegrityError("BLOB_MISSING", { digest }, { subject: digest, cause: error });
    }
    throw storeError(error, "read", path);
  }
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

/** Takes a damaged blob out of the way: first its name, then its bytes. A good copy that came meanwhile stays. */
function dropBlob(disk: DiskCalls, paths: StorePaths, path: string, ino: number): void {
  if (statSync(path, { throwIfNoEntry: false })?.ino !== ino) return;
  const aside = join(paths.temp, newOwnedName());
  try {
    disk.renameSync(path, aside);
  } catch {
    return;
  }
  removeQuietly(disk, aside);
}
