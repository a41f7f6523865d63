import { closeSync } from "node:fs";
import type { BlockSpan } from "./block-layout.js";
import { type ContentReader, openContent } from "./content-reader.js";
import type { EntryContent } from "./entry-content.js";
import { encodeHeader, isPlain, writePlainHeader } from "./entry-header.js";
import { unwritable } from "./entry-limits.js";
import { changed, checkGuard, OpenFiles, openHostFile, readAtLeast } from "./host-reader.js";
import type { TarEntry } from "./tar-entry.js";
import type { ItemList, TarItem } from "./tar-item.js";
import { BLOCK, padding } from "./ustar-layout.js";

/**
 * Writes the blocks of a tar that `layBlocks` laid out: any of them, in their order. Contents are read synchronously
 * straight into the block. Throws `FILE_CHANGED` when a file is not as it was listed.
 */
export class BlockFiller {
  readonly #items: ItemList<TarItem>;
  readonly #files = new OpenFiles();
  /** The content that the last block ended in. */
  #open: { readonly index: number; readonly reader: ContentReader } | undefined;

  constructor(items: ItemList<TarItem>) {
    this.#items = items;
  }

  /** Writes a block to the start of a buffer, and gives that part of it. */
  fill({ first, from, end, to, size, closes }: BlockSpan, buffer: Buffer): Buffer {
    let used = 0;
    for (let index = first; index < end; index++) {
      const start = index === first ? from : 0;
      const stop = index === end - 1 ? to : Number.POSITIVE_INFINITY;
      used += this.#put(index, start, stop, buffer, used);
    }
    if (closes) buffer.fill(0, used, used + 2 * BLOCK);
    return buffer.subarray(0, size);
  }

  /** Frees what is open; also after a failure. */
  close(): void {
    this.#closeReader();
    this.#files.close();
  }

  /** Writes some bytes of an entry, and gives how many. */
  #put(index: number, start: number, stop: number, block: Buffer, used: number): number {
    const { entry, content } = this.#items.at(index)!;
    let header = BLOCK;
    let put = 0;
    if (isPlain(entry)) {
      if (start === 0) {
        writePlainHeader(block, used, entry);
        put = BLOCK;
      }
    } else {
      const bytes = encodeHeader(entry);
      header = bytes.length;
      if (start < header) put = bytes.copy(block, used, start, Math.min(stop, header));
    }
    if (entry.type !== "file" || entry.size === 0 || stop <= header) return put;
    if (content === undefined) throw unwritable(entry.path, "it has a size but no content");
    const all = entry.size + padding(entry.size);
    const at = Math.max(start - header, 0);
    const until = Math.min(stop - header, all);
    if (at === 0 && until === all) this.#putWhole(index, entry, content, block, used + put);
    else this.#putPart(index, entry, content, block.subarray(used + put, used + put + until - at), at);
    return put + until - at;
  }

  /** Writes a content that is all in this block: the fast way, which nearly all files take. */
  #putWhole(index: number, entry: TarEntry, content: EntryContent, block: Buffer, used: number): void {
    const { size } = entry;
    if (content.kind !== "file") {
      const reader = this.#reader(index, entry, content);
      reader.read(block, used, size, 0);
      this.#closeReader();
    } else {
      const fd = openHostFile(content);
      try {
        // One byte more where there is padding to take it tells a file that grew from one that did not.
        const extra = padding(size) === 0 ? 0 : 1;
        const got = readAtLeast(fd, content, block, used, size, size + extra);
        if (got !== size)
          throw changed(content.path, got < size ? `it ended after ${got} of ${size} bytes` : "it grew");
        if (content.guard !== undefined) checkGuard(fd, content, content.guard);
      } finally {
        closeSync(fd);
      }
    }
    block.fill(0, used + size, used + size + padding(size));
  }

  /** Writes the part of a content, with its padding, that this block has. */
  #putPart(index: number, entry: TarEntry, content: EntryContent, target: Buffer, at: number): void {
    const reader = this.#reader(index, entry, content);
    const wanted = Math.max(Math.min(target.length, entry.size - at), 0);
    if (wanted > 0) reader.read(target, 0, wanted, at);
    target.fill(0, wanted);
    if (at + target.length < entry.size + padding(entry.size)) return;
    reader.finish();
    this.#closeReader();
  }

  #reader(index: number, entry: TarEntry, content: EntryContent): ContentReader {
    if (this.#open?.index === index) return this.#open.reader;
    this.#closeReader();
    const reader = openContent(entry, content, this.#files);
    this.#open = { index, reader };
    return reader;
  }

  #closeReader(): void {
    this.#open?.reader.close();
    this.#open = undefined;
  }
}
