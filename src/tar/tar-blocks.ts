import { TAR_BLOCK_SIZE } from "./block-cuts.js";
import { layBlocks } from "./block-layout.js";
import { BlockFiller } from "./fill-blocks.js";
import type { ItemList, TarItem } from "./tar-item.js";

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
