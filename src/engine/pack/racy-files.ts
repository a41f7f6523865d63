import { sha256Hex } from "../../core/bytes.js";
import type { LayerItem } from "../../layer/layer-item.js";
import { readFileNode } from "../../layer/read-node.js";
import type { StampedGuard } from "../operations/copy-context.js";

/**
 * Files whose stamp proves nothing yet: changed so shortly before they were listed that another change could leave
 * the same stamp. Two seconds is the coarsest clock of a file system in use (FAT).
 */
const SETTLING_MS = 2000;

// Beyond this, reading the files again costs more than it can save.
const MAX_FILES = 256;
const MAX_BYTES = 32 << 20;

/** Digests of the files that were not settled, by their place among the entries. */
export type RacyDigests = readonly (readonly [index: number, digest: string])[];

/** The places of entries whose files were not settled when the listing began. */
export function racyItems(items: readonly LayerItem[], listedAt: number): number[] {
  const racy: number[] = [];
  for (let index = 0; index < items.length; index++) {
    const content = items[index]!.content;
    if (content?.kind !== "file") continue;
    const guard = content.guard as StampedGuard | undefined;
    if (guard !== undefined && Math.max(guard.mtimeMs, guard.ctimeMs) > listedAt - SETTLING_MS)
      racy.push(index);
  }
  return racy;
}

/** Digests of these files as they are now; undefined when they are too many, or one is not what was listed. */
export async function digestItems(
  items: readonly LayerItem[],
  indexes: readonly number[],
): Promise<RacyDigests | undefined> {
  let bytes = 0;
  for (const index of indexes) bytes += items[index]?.entry.size ?? 0;
  if (indexes.length > MAX_FILES || bytes > MAX_BYTES) return undefined;
  const digests: [number, string][] = [];
  for (const index of indexes) {
    const digest = await itemDigest(items[index]);
    if (digest === undefined) return undefined;
    digests.push([index, digest]);
  }
  return digests;
}

/** True when these files still have the content that was recorded. */
export async function sameDigests(items: readonly LayerItem[], recorded: RacyDigests): Promise<boolean> {
  const now = await digestItems(
    items,
    recorded.map(([index]) => index),
  );
  return now?.every(([, digest], index) => digest === recorded[index]![1]) === true;
}

async function itemDigest(item: LayerItem | undefined): Promise<string | undefined> {
  if (item?.content?.kind !== "file") return undefined;
  const { size, mode, uid, gid, mtime } = item.entry;
  try {
    return sha256Hex(
      await readFileNode({ type: "file", size, mode, uid, gid, mtime, content: item.content }),
    );
  } catch {
    return undefined;
  }
}
