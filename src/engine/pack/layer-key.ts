import { createHash } from "node:crypto";
import type { StampedSpan } from "../../archive/pack-layer.js";
import { type BlockSpan, layBlocks, tarBlocks } from "../../archive/tar-blocks.js";
import type { TarEntry } from "../../archive/tar-entry.js";
import { sha256Hex } from "../../core/bytes.js";
import type { StampedGuard } from "../../rootfs/copied-tree.js";
import { type LayerItem, toTarItems } from "../../rootfs/entries.js";
import { contentIdentity, stampOf } from "../../rootfs/layer-items.js";
import { readFileNode } from "../../rootfs/read-node.js";
import type { BuildPorts } from "../ports.js";

/** Changes when the same entries would be written as other bytes, so that old records are no longer found. */
export const WRITER_VERSION = "tar-1";

/** Entries that are hashed at once: few, so that the text of each is gone before it is moved about in memory. */
const BATCH = 128;
/** Numbers of an entry: mode, owner, size, time, device; then the stamp of a host file. */
const NUMBERS = 11;

/** A layer before its files are opened: its cache key, and its blocks with what tells each apart. */
interface LayerKeys {
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
function layerKey(items: readonly LayerItem[], encoderId: string): string | undefined {
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

const CONTENT_KIND = "content-1";

/**
 * A digest over entries and their contents, the same on every machine. Files of the host are read for it once, and
 * not again while their stamps stay the same. Undefined where a content cannot be named.
 */
export async function contentKey(
  items: readonly LayerItem[],
  listedAt: number,
  { store }: BuildPorts,
): Promise<string | undefined> {
  const hostFiles = items.filter(({ content }) => content?.kind === "file");
  const others = items.map((item) => (item.content?.kind === "file" ? { entry: item.entry } : item));
  const known = layerKey(others, CONTENT_KIND);
  if (known === undefined || hostFiles.length === 0) return known;
  const stamps = layerKey(hostFiles, CONTENT_KIND);
  if (stamps === undefined) return undefined;
  const settled = racyItems(hostFiles, listedAt).length === 0;
  const noted = settled ? await store.getRecord(CONTENT_KIND, stamps) : undefined;
  if (typeof noted === "string") return `${known}.${noted}`;
  const hash = createHash("sha256");
  for (const block of tarBlocks(await toTarItems(hostFiles))) hash.update(block);
  const digest = hash.digest("hex");
  if (settled) await store.putRecord(CONTENT_KIND, stamps, digest);
  return `${known}.${digest}`;
}

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
