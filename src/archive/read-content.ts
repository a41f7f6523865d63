import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { pathFromBytes } from "../core/bytes.js";
import { EnvironmentError } from "../errors/layerwright-error.js";
import { unwritable } from "./entry-header.js";
import type { EntryContent, FileGuard, HostContent, TarEntry } from "./tar-entry.js";

/** A content that is read piece by piece. */
export interface ContentReader {
  /** Fills `length` bytes of the target from the content's own offset. */
  read(target: Buffer, offset: number, length: number, from: number): void;
  /** Checks that the content was what it was said to be. */
  finish(): void;
  close(): void;
}

/** Opens a content of any kind. */
export function openContent(entry: TarEntry, content: EntryContent, files: OpenFiles): ContentReader {
  switch (content.kind) {
    case "bytes":
      return bytesReader(entry, content.bytes);
    case "range":
      return rangeReader(entry, content.path, content.offset, files);
    case "file":
      return fileReader(entry, content);
  }
}

function bytesReader(entry: TarEntry, bytes: Uint8Array): ContentReader {
  if (bytes.length !== entry.size) {
    throw unwritable(entry.path, `it has ${bytes.length} bytes and its size says ${entry.size}`);
  }
  return {
    read: (target, offset, length, from) => target.set(bytes.subarray(from, from + length), offset),
    finish() {},
    close() {},
  };
}

function rangeReader(entry: TarEntry, path: string, start: number, files: OpenFiles): ContentReader {
  const file = { path };
  return {
    read(target, offset, length, from) {
      const fd = files.descriptor(path);
      const got = readFully(fd, file, target, offset, length, start + from);
      if (got < length) throw changed(path, `it ended inside ${JSON.stringify(entry.path)}`);
    },
    finish() {},
    close() {},
  };
}

function fileReader(entry: TarEntry, content: EntryContent & { kind: "file" }): ContentReader {
  const { guard } = content;
  const fd = openHostFile(content);
  return {
    read(target, offset, length, from) {
      // Said before gigabytes are packed for nothing, and once more at the end.
      if (from === 0 && guard !== undefined) checkGuard(fd, content, guard);
      const got = readFully(fd, content, target, offset, length, from);
      if (got < length) throw changed(content.path, `it ended after ${from + got} of ${entry.size} bytes`);
    },
    finish() {
      if (readFully(fd, content, Buffer.allocUnsafe(1), 0, 1, entry.size) > 0)
        throw changed(content.path, "it grew");
      if (guard !== undefined) checkGuard(fd, content, guard);
    },
    close: () => closeSync(fd),
  };
}

// A file swapped for a symlink must not lead elsewhere, and one swapped for a FIFO must not hang the build.
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** A host file as messages name it: its path may have to be put together, which no file that is read well needs. */
type NamedFile = Pick<HostContent, "path">;

/** Opens a host file for reading without following a symlink: at its path, or by its own way. */
export function openHostFile(file: Pick<HostContent, "path" | "open">): number {
  try {
    return file.open === undefined ? openSync(file.path, FLAGS) : file.open(FLAGS);
  } catch (error) {
    const { path } = file;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") throw changed(path, "it is gone", error);
    if (code === "ENOTDIR" && file.open !== undefined)
      throw changed(path, "a directory on the way to it was replaced", error);
    if (code === "ELOOP") throw changed(path, "it is now a symlink", error);
    throw new EnvironmentError(
      "FILE_UNREADABLE",
      { path: pathText(path), reason: code ?? String(error) },
      { subject: pathText(path), cause: error },
    );
  }
}

/** Closes what `openHostFile` opened. */
export function closeHostFile(fd: number): void {
  closeSync(fd);
}

/** Reads up to `length` bytes of an open file into `target`; fewer only at the end of the file. */
export function readFully(
  fd: number,
  file: NamedFile,
  target: Uint8Array,
  offset: number,
  length: number,
  position: number | null,
): number {
  let done = 0;
  while (done < length) {
    const at = position === null ? null : position + done;
    const got = readOnce(fd, file, target, offset + done, length - done, at);
    if (got === 0) break;
    done += got;
  }
  return done;
}

/**
 * Reads on from where an open file is: at least `enough` bytes, fewer only at the end of the file, and `length` at
 * most. A file of the size that was expected costs one call, and not a second one that finds its end.
 */
export function readAtLeast(
  fd: number,
  file: NamedFile,
  target: Uint8Array,
  offset: number,
  enough: number,
  length: number,
): number {
  let done = 0;
  do {
    const got = readOnce(fd, file, target, offset + done, length - done, null);
    if (got === 0) break;
    done += got;
  } while (done < enough);
  return done;
}

function readOnce(
  fd: number,
  file: NamedFile,
  target: Uint8Array,
  offset: number,
  length: number,
  position: number | null,
): number {
  try {
    return readSync(fd, target, offset, length, position);
  } catch (error) {
    throw new EnvironmentError(
      "FILE_UNREADABLE",
      { path: pathText(file.path), reason: (error as NodeJS.ErrnoException).code ?? String(error) },
      { subject: pathText(file.path), cause: error },
    );
  }
}

/** Throws `FILE_CHANGED` unless the open file is still the one that was listed. */
export function checkGuard(fd: number, file: NamedFile, guard: FileGuard): void {
  const now = fstatSync(fd);
  if (now.ino !== guard.ino || now.dev !== guard.dev)
    throw changed(file.path, "it was replaced by another file");
  if (now.size !== guard.size) throw changed(file.path, `it had ${guard.size} bytes and now has ${now.size}`);
  if (now.mtimeMs !== guard.mtimeMs) throw changed(file.path, "it was written to");
}

/** The error for a file that is not as it was listed. */
export function changed(
  path: string | Buffer,
  reason: string,
  cause?: unknown,
): EnvironmentError<"FILE_CHANGED"> {
  const text = pathText(path);
  return new EnvironmentError("FILE_CHANGED", { path: text, reason }, { subject: text, cause });
}

/** A few open files by path, for ranges: a layer's thousands of ranges come from one or two files. */
export class OpenFiles {
  readonly #descriptors = new Map<string, number>();

  descriptor(path: string): number {
    const known = this.#descriptors.get(path);
    if (known !== undefined) return known;
    if (this.#descriptors.size >= MAX_OPEN) this.#closeOldest();
    const fd = openHostFile({ path });
    this.#descriptors.set(path, fd);
    return fd;
  }

  close(): void {
    for (const fd of this.#descriptors.values()) closeSync(fd);
    this.#descriptors.clear();
  }

  #closeOldest(): void {
    for (const [path, fd] of this.#descriptors) {
      this.#descriptors.delete(path);
      closeSync(fd);
      return;
    }
  }
}

const MAX_OPEN = 32;

function pathText(path: string | Buffer): string {
  return typeof path === "string" ? path : pathFromBytes(path);
}
