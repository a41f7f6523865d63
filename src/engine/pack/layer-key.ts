import { createHash } from "node:crypto";
import type { LayerItem } from "../../layer/layer-item.js";
import type { StampedSpan } from "../../layer/pack/packed-layer.js";
import { type BlockSpan, layBlocks } from "../../tar/block-layout.js";
import type { TarEntry } from "../../tar/tar-entry.js";
import { contentIdentity, stampOf } from "../content-identity.js";
import type { StampedGuard } from "../operations/copy-context.js";

/** Changes when the same entries would be written as other bytes, so that old records are no longer found. */
export const WRITER_VERSION = "tar-1";

/** Entries that are hashed at once: few, so that the text of each is gone before it is moved about in memory. */
const BATCH = 128;
/** Numbers of an entry: mode, owner, size, time, device; then the stamp of a host file. */
const NUMBERS = 11;

/** A layer before its files are opened: its cache key, and its blocks with what tells each apart. */
export interface LayerKeys {
  /** Undefined where a content cannot be named. */
  readonly key: string | undefined;
  readonly layout: readonly StampedSpan[];
}

/**
 * The keys of a layer and of its blocks: digests over everything that their bytes depend on - every entry with its
 * attributes, what tells the content of each file apart, the encoder and the writer.
 */
export function layerKeys(items: readonly LayerItem[], encoderId: string): LayerKeys {
  const hash = createHash("sha256").update(`${WRITER_VERSION}\n${encoderId}\n`);
  const layout: StampedSpan[] = [];
  let named = true;
  for (const span of layBlocks(items)) {
    const stamp = spanStamp(items, span);
    layout.push({ span, stamp });
    if (stamp === undefined) named = false;
    else hash.update(stamp);
  }
  return { key: named ? hash.digest("hex") : undefined, layout };
}

/** The cache key of a layer alone. */
export function layerKey(items: readonly LayerItem[], encoderId: string): string | undefined {
  return layerKeys(items, encoderId).key;
}

// Numbers as they are in memory: to print the stamps of many files takes longer than to hash them.
const numbers = new Float64Array(BATCH * NUMBERS);

function spanStamp(
  items: readonly LayerItem[],
  { first, from, end, to, size }: BlockSpan,
): string | undefined {
  const hash = createHash("sha256").update(`${from} ${to} ${size}\n`);
  for (let start = first; start < end; start += BATCH) {
    const stop = Math.min(start + BATCH, end);
    let text = "";
    let at = 0;
    for (let index = start; index < stop; index++) {
      const { entry, content } = items[index]!;
      const stamp = content === undefined ? undefined : stampOf(content);
      putNumbers(numbers, at, entry, stamp);
      at += NUMBERS;
      const identity = content === undefined || stamp !== undefined ? "" : contentIdentity(content);
      if (identity === undefined) return undefined;
      // No path holds a NUL, so that no two lists of entries give the same text.
      text += `${entry.type}\0${entry.path}`;
      text +=
        identity === "" && entry.linkname === undefined && entry.xattrs === undefined
          ? "\0\0\0\0"
          : `\0${entry.linkname ?? ""}\0${identity}\0${xattrText(entry.xattrs)}\0`;
    }
    hash.update(new Uint8Array(numbers.buffer, 0, at * 8));
    // UTF-16 as it is: UTF-8 would make one of all bytes that are no characters.
    hash.update(text, "utf16le").update("\n");
  }
  return hash.digest("hex");
}

function putNumbers(
  numbers: Float64Array,
  at: number,
  entry: TarEntry,
  stamp: StampedGuard | undefined,
): void {
  numbers[at] = entry.mode;
  numbers[at + 1] = entry.uid;
  numbers[at + 2] = entry.gid;
  numbers[at + 3] = entry.size;
  numbers[at + 4] = entry.mtime;
  numbers[at + 5] = entry.devmajor ?? -1;
  numbers[at + 6] = entry.devminor ?? -1;
  numbers[at + 7] = stamp?.dev ?? -1;
  numbers[at + 8] = stamp?.ino ?? -1;
  numbers[at + 9] = stamp?.mtimeMs ?? -1;
  numbers[at + 10] = stamp?.ctimeMs ?? -1;
}

function xattrText(xattrs: Readonly<Record<string, Uint8Array>> | undefined): string {
  if (xattrs === undefined) return "";
  const names = Object.keys(xattrs).sort();
  return names.map((name) => `${name}=${Buffer.from(xattrs[name]!).toString("hex")}`).join("\0");
}
