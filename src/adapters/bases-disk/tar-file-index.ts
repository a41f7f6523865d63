import { closeSync, readSync } from "node:fs";
import type { TarEntry } from "../../archive/tar-entry.js";
import { TarParser } from "../../archive/tar-parser.js";
import { NotAFile, openRegular, unreadable } from "./host-range.js";

/** An entry of a tar on disk and where its content starts, in bytes. */
export interface TarFileEntry {
  readonly entry: TarEntry;
  readonly offset: number;
}

/** Headers are read in pieces of this size; most archives of images have twenty. */
const PIECE = 4096;

/** Fed in place of contents, which nobody looks at. */
const NOTHING = Buffer.alloc(1 << 20);

/**
 * What is in an uncompressed tar on disk, read by its headers alone: contents are skipped, so an image of gigabytes
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
