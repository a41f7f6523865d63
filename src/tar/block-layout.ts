import { isAnchor, isLarge, MIN_CUT, TAR_BLOCK_SIZE } from "./block-cuts.js";
import { headerSize } from "./entry-header.js";
import type { TarEntry } from "./tar-entry.js";
import type { ItemList } from "./tar-item.js";
import { BLOCK, padding } from "./ustar-layout.js";

/** One block of a tar, told by its entries: what can be known of it before a file is opened. */
export interface BlockSpan {
  /** The place of the entry that its first byte belongs to. */
  readonly first: number;
  /** Which byte of that entry it begins with; header, content and padding are counted as one. */
  readonly from: number;
  /** The place after that of the last entry in it. */
  readonly end: number;
  /** How many bytes of that last entry lie before its end. */
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
