import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { TarEntry } from "../../archive/tar-entry.js";
import { TarParser } from "../../archive/tar-parser.js";
import { EnvironmentError, IntegrityError } from "../../errors/layerwright-error.js";
import { type Digest, digestHex, digestOf } from "../../oci/digest.js";
import { invalid, type JsonDocument, toDocument } from "../../oci/documents.js";
import { MAX_DOCUMENT } from "../../oci/manifest.js";
import type { ReadOptions } from "../../ports/blob-store.js";

/** The files of an image that lies on disk as a directory or a tar. */
export interface ImageFiles {
  /** The name in errors: the path that the user gave. */
  readonly base: string;
  /**
   * The place of a file of the image; undefined where there is none. Throws `BASE_IMAGE_INVALID` for what is no file.
   */
  find(name: string): HostRange | undefined;
}

/** The files of an OCI layout that is a directory. */
export function folderFiles(base: string, folder: string): ImageFiles {
  return {
    base,
    find(name) {
      const path = join(folder, name);
      const opened = openRegular(path);
      if (opened === undefined) return undefined;
      if (opened instanceof NotAFile) throw invalid(base, `the file ${name}`, opened.reason);
      closeSync(opened.fd);
      return { path, offset: 0, size: opened.size };
    },
  };
}

/** Links followed inside an archive: what `docker save` wrote before version 25 has one. */
const MAX_LINKS = 16;

/** The files of an image that is a tar. Links are followed inside the tar only, by name. */
export function tarFiles(base: string, path: string, entries: ReadonlyMap<string, TarFileEntry>): ImageFiles {
  return {
    base,
    find(name) {
      let place = name;
      for (let links = 0; links <= MAX_LINKS; links++) {
        const found = entries.get(place);
        if (found === undefined) return undefined;
        const { entry, offset } = found;
        if (entry.type === "file") return { path, offset, size: entry.size };
        if (entry.type === "hardlink") place = entry.linkname ?? "";
        else if (entry.type === "symlink") place = linkedName(base, place, entry.linkname ?? "");
        else throw invalid(base, `the entry ${JSON.stringify(name)}`, `is a ${entry.type}`);
      }
      throw invalid(base, `the entry ${JSON.stringify(name)}`, "is a link that leads to itself");
    },
  };
}

/** The name that a symlink of an archive leads to. */
function linkedName(base: string, place: string, target: string): string {
  const names = target.startsWith("/") ? [] : place.split("/").slice(0, -1);
  for (const name of target.split("/")) {
    if (name === "" || name === ".") continue;
    if (name !== "..") names.push(name);
    else if (names.pop() === undefined) {
      throw invalid(base, `the entry ${JSON.stringify(place)}`, "is a link that leads out of the archive");
    }
  }
  return names.join("/");
}

/** Reads a JSON document by its file name, or gives undefined where there is none. */
export function readDocument(
  files: ImageFiles,
  file: string,
  name: string,
  limit: number,
): JsonDocument | undefined {
  const range = files.find(file);
  if (range === undefined) return undefined;
  if (range.size > limit) throw invalid(files.base, name, `has ${range.size} bytes, more than ${limit}`);
  return toDocument(files.base, name, readRange(range));
}

/** Reads a JSON document that is a blob; its digest and size have to be right. */
export function readBlobDocument(
  files: ImageFiles,
  digest: Digest,
  size: number,
  name: string,
): JsonDocument {
  if (size > MAX_DOCUMENT) throw invalid(files.base, name, `has ${size} bytes, more than ${MAX_DOCUMENT}`);
  const range = files.find(`blobs/sha256/${digestHex(digest)}`);
  if (range === undefined) throw invalid(files.base, name, "is missing");
  if (range.size !== size)
    throw invalid(files.base, name, `has ${range.size} bytes and is said to have ${size}`);
  const bytes = readRange(range);
  const found = digestOf(bytes);
  if (found !== digest) throw damaged(files.base, digest, `its content has the digest ${found}`);
  return toDocument(files.base, name, bytes);
}

/** A range of a host file. */
export interface HostRange {
  readonly path: string;
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** Bytes read at a time. */
const CHUNK = 1 << 20;

/** The reason why a file of an image cannot be what it should be; the text continues "the file ...". */
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

/** An entry of a tar on disk and where its content starts, in bytes. */
interface TarFileEntry {
  readonly entry: TarEntry;
  readonly offset: number;
}

/** Headers are read in pieces of this size; most archives of images have twenty. */
const PIECE = 4096;

/** Fed in place of contents, which nobody looks at. */
const NOTHING = Buffer.alloc(1 << 20);

/**
 * The entries of an uncompressed tar on disk, read by its headers alone: contents are skipped, so an image of gigabytes
 * costs a few reads. Of entries with the same path the last counts, as when it is unpacked.
 */
export function indexTarFile(path: string): Map<string, TarFileEntry> {
  const opened = openRegular(path);
  if (opened === undefined || opened instanceof NotAFile) throw unreadable(path, "it is gone");
  const { fd, size } = opened;
  const entries = new Map<string, TarFileEntry>();
  let skip = 0;
  const parser = new TarParser(
    {
      entry(entry, { data }) {
        entries.set(entry.path, { entry, offset: data });
        skip = entry.size;
      },
    },
    path,
  );
  try {
    const piece = Buffer.allocUnsafe(PIECE);
    let at = 0;
    let have = 0;
    let from = 0;
    while (at < size) {
      if (from + 512 > have && at + 512 <= size) {
        have = readSync(fd, piece, 0, PIECE, at);
        from = 0;
        if (have === 0) break;
      } else if (at + 512 > size) {
        have = readSync(fd, piece, 0, PIECE, at);
        from = 0;
      }
      const block = Math.min(512, have - from);
      if (block === 0) break;
      parser.feed(piece.subarray(from, from + block));
      at += block;
      from += block;
      if (skip === 0) continue;
      // The file may be cut short inside the content; then the parser must see that it ends there.
      let left = Math.min(Math.ceil(skip / 512) * 512, size - at);
      at += left;
      from += left;
      skip = 0;
      for (; left > 0; left -= NOTHING.length)
        parser.feed(NOTHING.subarray(0, Math.min(left, NOTHING.length)));
    }
    parser.end();
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : unreadable(path, error);
  } finally {
    closeSync(fd);
  }
  return entries;
}
