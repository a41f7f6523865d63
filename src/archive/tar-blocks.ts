import { closeSync } from "node:fs";
import { encodeHeader, headerSize, isPlain, unwritable, writePlainHeader } from "./entry-header.js";
import {
  type ContentReader,
  changed,
  checkGuard,
  OpenFiles,
  openContent,
  openHostFile,
  readAtLeast,
} from "./read-content.js";
import type { EntryContent, ItemList, TarEntry, TarItem } from "./tar-entry.js";
import { BLOCK, padding } from "./tar-format.js";

/**
 * Writes entries as a tar: blocks of at most 1 MiB, cut where `block-cuts.ts` says, two zero blocks at the end. All
 * blocks are the same memory, each valid until the next step. The order of entries is the caller's. Throws
 * `FILE_CHANGED` when a file is not as it was listed.
 */
export function* tarBlocks(items: ItemList<TarItem>): Generator<Buffer, void, void> {
  const buffer = Buffer.allocUnsafeSlow(TAR_BLOCK_SIZE);
  const filler = new BlockFiller(items);
  try {
    for (const span of layBlocks(items)) yield filler.fill(span, buffer);
  } finally {
    filler.close();
  }
}

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

/** One block of a tar, told by its entries: what can be known of it before a file is opened. */
export interface BlockSpan {
  /** The place of the entry that its first byte belongs to. */
  readonly first: number;
  /** Which byte of that entry it begins with; header, content and padding are counted as one. */
  readonly from: number;
  /** The place after that of the last entry in it. */
  readonly end: number;
  /** Bytes of that last entry that lie before its end. */
  readonly to: number;
  /** Bytes. */
  readonly size: number;
  /** True when the two zero blocks that end a tar are in it. */
  readonly closes: boolean;
}

/** Lays entries out in blocks, as block-cuts.ts says. No content is looked at. */
export function* layBlocks(items: ItemList<{ readonly entry: TarEntry }>): Generator<BlockSpan, void, void> {
  let [first, from, size, to] = [0, 0, 0, 0];
  const cut = (end: number): BlockSpan => ({ first, from, end, to, size, closes: false });
  for (let index = 0; index < items.length; index++) {
    const { entry } = items.at(index)!;
    const large = isLarge(entry);
    if (size > 0 && (large || size === TAR_BLOCK_SIZE || (size >= MIN_CUT && isAnchor(entry.path)))) {
      yield cut(index);
      [first, from, size] = [index, 0, 0];
    }
    const total = entrySize(entry);
    for (to = 0; to < total; ) {
      if (size === TAR_BLOCK_SIZE) {
        yield cut(index + 1);
        [first, from, size] = [index, to, 0];
      }
      const part = Math.min(total - to, TAR_BLOCK_SIZE - size);
      to += part;
      size += part;
    }
    if (!large) continue;
    yield cut(index + 1);
    [first, from, size] = [index + 1, 0, 0];
  }
  if (size > TAR_BLOCK_SIZE - 2 * BLOCK) {
    yield cut(items.length);
    [first, from, size] = [items.length, 0, 0];
  }
  yield { first, from, end: items.length, to, size: size + 2 * BLOCK, closes: true };
}

function entrySize(entry: TarEntry): number {
  const content = entry.type === "file" ? entry.size + padding(entry.size) : 0;
  return headerSize(entry) + content;
}

/**
 * The ends of the blocks of a written tar, besides at 1 MiB: before and after a large file, and before an entry whose
 * path says so once half a block is full. The cuts hang on the entries and not on the offset in the tar, so after an
 * inserted, removed or grown file the same blocks come again and their compressed bytes can be reused.
 * The rule decides a compressed layer's bytes: change it only together with `BLOCK_CUTS`.
 */
export const BLOCK_CUTS = "1m-cut1";

/** Largest block of a written tar, in bytes: what is hashed, compressed and reused at a time. */
export const TAR_BLOCK_SIZE = 1 << 20;

/** A block is not cut at an anchor before it holds this many bytes. */
const MIN_CUT = 1 << 19;

/** True when a file has blocks of its own. */
function isLarge(entry: TarEntry): boolean {
  return entry.type === "file" && entry.size >= 1 << 19;
}

/** True when a block may end before this path: about one path of sixteen, the same one on every host. */
function isAnchor(path: string): boolean {
  let hash = 0x811c9dc5;
  for (let index = 0; index < path.length; index++)
    hash = Math.imul(hash ^ path.charCodeAt(index), 0x01000193);
  // FNV's low bits are its weak ones.
  return ((hash >>> 16) & 15) === 0;
}
