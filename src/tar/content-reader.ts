import { closeSync } from "node:fs";
import type { EntryContent } from "./entry-content.js";
import { unwritable } from "./entry-limits.js";
import { changed, checkGuard, type OpenFiles, openHostFile, readFully } from "./host-reader.js";
import type { TarEntry } from "./tar-entry.js";

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
