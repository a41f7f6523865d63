import { closeSync } from "node:fs";
import { isAnchor, isLarge, MIN_CUT } from "./block-cuts.js";
import type { EntryContent } from "./entry-content.js";
import { encodeHeader, isPlain, writePlainHeader } from "./entry-header.js";
import { unwritable } from "./entry-limits.js";
import { changed, checkGuard, OpenFiles, openHostFile, readAtLeast, readFully } from "./host-reader.js";
import type { TarEntry } from "./tar-entry.js";
import type { TarItem } from "./tar-item.js";
import { BLOCK, padding } from "./ustar-layout.js";

/** Largest block that `tarBlocks` gives, in bytes: what is hashed, compressed and reused at a time. */
export const TAR_BLOCK_SIZE = 1 << 20;

/**
 * Writes entries as a tar: blocks of at most 1 MiB, cut where `block-cuts.ts` says, two zero blocks at the end.
 * Contents are read synchronously straight into the block. `nextBuffer` gives the memory of each block (1 MiB), so
 * the caller decides when one may be reused; without it every block is the same memory, valid until the next step.
 * The order of entries is the caller's. Throws `FILE_CHANGED` when a file is not as it was listed.
 */
export function* tarBlocks(
  items: Iterable<TarItem>,
  nextBuffer: () => Buffer = sharedBuffer(),
): Generator<Buffer, void, void> {
  const files = new OpenFiles();
  try {
    let block = nextBuffer();
    let used = 0;
    for (const { entry, content } of items) {
      const large = isLarge(entry);
      if (used > 0 && (large || used === TAR_BLOCK_SIZE || (used >= MIN_CUT && isAnchor(entry.path)))) {
        yield block.subarray(0, used);
        block = nextBuffer();
        used = 0;
      }
      if (isPlain(entry)) {
        writePlainHeader(block, used, entry);
        used += BLOCK;
      } else {
        const header = encodeHeader(entry);
        for (let at = 0; at < header.length; ) {
          if (used === TAR_BLOCK_SIZE) {
            yield block;
            block = nextBuffer();
            used = 0;
          }
          const part = Math.min(header.length - at, TAR_BLOCK_SIZE - used);
          header.copy(block, used, at, at + part);
          at += part;
          used += part;
        }
      }
      if (entry.type !== "file" || entry.size === 0) continue;
      if (content === undefined) throw unwritable(entry.path, "it has a size but no content");
      const room = entry.size + padding(entry.size);
      if (room <= TAR_BLOCK_SIZE - used) {
        readWhole(entry, content, block, used, files);
        used += room;
      } else {
        const source = openSource(entry, content, files);
        try {
          for (let at = 0; at < room; ) {
            if (used === TAR_BLOCK_SIZE) {
              yield block;
              block = nextBuffer();
              used = 0;
            }
            const part = Math.min(room - at, TAR_BLOCK_SIZE - used);
            const wanted = Math.min(part, entry.size - at);
            source.read(block, used, wanted, at);
            if (wanted < part) block.fill(0, used + wanted, used + part);
            at += part;
            used += part;
          }
          source.finish();
        } finally {
          source.close();
        }
      }
      if (large) {
        yield block.subarray(0, used);
        block = nextBuffer();
        used = 0;
      }
    }
    if (used > TAR_BLOCK_SIZE - 2 * BLOCK) {
      yield block.subarray(0, used);
      block = nextBuffer();
      used = 0;
    }
    block.fill(0, used, used + 2 * BLOCK);
    yield block.subarray(0, used + 2 * BLOCK);
  } finally {
    files.close();
  }
}

function sharedBuffer(): () => Buffer {
  const buffer = Buffer.allocUnsafeSlow(TAR_BLOCK_SIZE);
  return () => buffer;
}

/** Reads a content that fits into the block with its padding: the fast way, which nearly all files take. */
function readWhole(
  entry: TarEntry,
  content: EntryContent,
  block: Buffer,
  used: number,
  files: OpenFiles,
): void {
  const { size } = entry;
  if (content.kind === "file") {
    const fd = openHostFile(content.path);
    try {
      // One byte more where there is padding to take it tells a file that grew from one that did not.
      const extra = padding(size) === 0 ? 0 : 1;
      const got = readAtLeast(fd, content.path, block, used, size, size + extra);
      if (got !== size)
        throw changed(content.path, got < size ? `it ended after ${got} of ${size} bytes` : "it grew");
      if (content.guard !== undefined) checkGuard(fd, content.path, content.guard);
    } finally {
      closeSync(fd);
    }
  } else {
    const source = openSource(entry, content, files);
    source.read(block, used, size, 0);
  }
  block.fill(0, used + size, used + size + padding(size));
}

/** A content that is read piece by piece. */
interface Source {
  /** Fills `length` bytes of the target from the content's own offset. */
  read(target: Buffer, offset: number, length: number, from: number): void;
  /** Checks that the content was what it was said to be. */
  finish(): void;
  close(): void;
}

function openSource(entry: TarEntry, content: EntryContent, files: OpenFiles): Source {
  switch (content.kind) {
    case "bytes":
      return bytesSource(entry, content.bytes);
    case "range":
      return rangeSource(entry, content.path, content.offset, files);
    case "file":
      return fileSource(entry, content);
  }
}

function bytesSource(entry: TarEntry, bytes: Uint8Array): Source {
  if (bytes.length !== entry.size) {
    throw unwritable(entry.path, `it has ${bytes.length} bytes and its size says ${entry.size}`);
  }
  return {
    read: (target, offset, length, from) => target.set(bytes.subarray(from, from + length), offset),
    finish() {},
    close() {},
  };
}

function rangeSource(entry: TarEntry, path: string, start: number, files: OpenFiles): Source {
  return {
    read(target, offset, length, from) {
      const fd = files.descriptor(path);
      const got = readFully(fd, path, target, offset, length, start + from);
      if (got < length) throw changed(path, `it ended inside ${JSON.stringify(entry.path)}`);
    },
    finish() {},
    close() {},
  };
}

function fileSource(entry: TarEntry, content: EntryContent & { kind: "file" }): Source {
  const { path, guard } = content;
  const fd = openHostFile(path);
  return {
    read(target, offset, length, from) {
      // Said before gigabytes are packed for nothing, and once more at the end.
      if (from === 0 && guard !== undefined) checkGuard(fd, path, guard);
      const got = readFully(fd, path, target, offset, length, null);
      if (got < length) throw changed(path, `it ended after ${from + got} of ${entry.size} bytes`);
    },
    finish() {
      if (readFully(fd, path, Buffer.allocUnsafe(1), 0, 1, null) > 0) throw changed(path, "it grew");
      if (guard !== undefined) checkGuard(fd, path, guard);
    },
    close: () => closeSync(fd),
  };
}
