import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { EnvironmentError, IntegrityError } from "../../errors/layerwright-error.js";
import { type Digest, digestHex } from "../../oci/digest.js";
import type { ReadOptions } from "../../ports/blob-store.js";

/** A range of a host file. */
export interface HostRange {
  readonly path: string;
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** Bytes read at a time. */
const CHUNK = 1 << 20;

/** Why a file of an image cannot be what it should be; the text continues "the file ...". */
export class NotAFile {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Opens a host file to read: never a link (it could lead anywhere), never a FIFO (it could hang). */
export function openRegular(
  path: string,
): { readonly fd: number; readonly size: number } | NotAFile | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "ELOOP") return new NotAFile("is a symbolic link");
    if (code === "ENXIO") return new NotAFile("is not a file");
    throw unreadable(path, error);
  }
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, size: stat.size };
  closeSync(fd);
  return new NotAFile(stat.isDirectory() ? "is a folder" : "is not a file");
}

/** The bytes of a small range, whole. */
export function readRange(range: HostRange): Uint8Array {
  return withFile(range.path, (fd) => {
    const bytes = Buffer.alloc(range.size);
    const got = readAt(fd, range.path, bytes, range.offset);
    return got === bytes.length ? bytes : bytes.subarray(0, got);
  });
}

/** The bytes of a range in pieces of at most 1 MiB, each in memory of its own unless the caller needs none. */
export async function* streamRange(range: HostRange, options: ReadOptions = {}): AsyncGenerator<Uint8Array> {
  const opened = openRegular(range.path);
  if (opened === undefined || opened instanceof NotAFile) throw unreadable(range.path, "it is gone");
  try {
    let done = 0;
    let memory: Buffer | undefined;
    while (done < range.size) {
      // New memory costs several times what it costs to read into it.
      if (memory === undefined || options.transient !== true) {
        memory = Buffer.allocUnsafeSlow(Math.min(CHUNK, range.size - done));
      }
      const chunk = memory.subarray(0, Math.min(CHUNK, range.size - done));
      const got = readAt(opened.fd, range.path, chunk, range.offset + done);
      if (got === 0) return;
      done += got;
      yield got === chunk.length ? chunk : chunk.subarray(0, got);
    }
  } finally {
    closeSync(opened.fd);
  }
}

/** The bytes of a blob, checked: the last step throws `BASE_DAMAGED` when they are not what the digest says. */
export async function* streamVerified(
  base: string,
  range: HostRange,
  digest: Digest,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  if (options.receiverChecks === true) return yield* streamRange(range, options);
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of streamRange(range, options)) {
    hash.update(chunk);
    size += chunk.length;
    yield chunk;
  }
  const found = hash.digest("hex");
  if (found === digestHex(digest) && size === range.size) return;
  throw damaged(
    base,
    digest,
    size === range.size ? `its content has the digest sha256:${found}` : "it is cut short",
  );
}

/** The digest of a range. */
export async function hashRange(range: HostRange): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of streamRange(range, { transient: true })) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}

/** The error for a blob whose content is not what its name says. */
export function damaged(base: string, digest: string, reason: string): IntegrityError<"BASE_DAMAGED"> {
  return new IntegrityError("BASE_DAMAGED", { path: base, digest, reason }, { subject: digest });
}

/** The error for a file that the system does not let us read. */
export function unreadable(path: string, error: unknown): EnvironmentError<"BASE_UNREADABLE"> {
  const reason = typeof error === "string" ? error : ((error as NodeJS.ErrnoException).code ?? String(error));
  return new EnvironmentError("BASE_UNREADABLE", { path, reason }, { subject: path, cause: error });
}

function withFile<T>(path: string, use: (fd: number) => T): T {
  const opened = openRegular(path);
  if (opened === undefined || opened instanceof NotAFile) throw unreadable(path, "it is gone");
  try {
    return use(opened.fd);
  } finally {
    closeSync(opened.fd);
  }
}

function readAt(fd: number, path: string, target: Uint8Array, position: number): number {
  let done = 0;
  try {
    while (done < target.length) {
      const got = readSync(fd, target, done, target.length - done, position + done);
      if (got === 0) break;
      done += got;
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  return done;
}
