import { isCount, isText, listOf, mapOf, objectOf } from "../core/json.js";
import type { Digest } from "../oci/digest.js";
import type { TarEntry, TarEntryType } from "../tar/tar-entry.js";
import type { IndexedEntry, LayerIndex } from "./layer-index.js";

/** The kind of the store's records that hold layer indices. A new form gets a new number: old records are misses. */
export const LAYER_INDEX_KIND = "layer-index-2";

const TYPES: Readonly<Record<TarEntryType, string>> = {
  file: "f",
  folder: "d",
  symlink: "l",
  hardlink: "h",
  "character-device": "c",
  "block-device": "b",
  fifo: "p",
};

const TYPE_OF = new Map(Object.entries(TYPES).map(([type, letter]) => [letter, type as TarEntryType]));

/** An index as JSON data: a column a field, because thousands of equal keys would be most of the file. */
export interface LayerIndexRecord {
  readonly size: number;
  /** One letter an entry. */
  readonly types: string;
  readonly paths: readonly string[];
  readonly modes: readonly number[];
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly mtimes: readonly number[];
  readonly sizes: readonly number[];
  readonly offsets: readonly number[];
  /** The rare fields, by the entry's place. */
  readonly links: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, readonly [number, number]>>;
  /** Values in base64. */
  readonly xattrs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The index of a layer as a record for the store. */
export function toIndexRecord(index: LayerIndex): LayerIndexRecord {
  const links: Record<string, string> = {};
  const devices: Record<string, readonly [number, number]> = {};
  const xattrs: Record<string, Record<string, string>> = {};
  // Of their full length at once: a column that grows is copied again and again.
  const count = index.entries.length;
  const numbers = () => new Array<number>(count).fill(0);
  const paths = new Array<string>(count).fill("");
  const modes = numbers();
  const uids = numbers();
  const gids = numbers();
  const mtimes = numbers();
  const sizes = numbers();
  const offsets = numbers();
  let types = "";
  for (let at = 0; at < count; at++) {
    const { entry, offset } = index.entries[at]!;
    types += TYPES[entry.type];
    paths[at] = entry.path;
    modes[at] = entry.mode;
    uids[at] = entry.uid;
    gids[at] = entry.gid;
    mtimes[at] = entry.mtime;
    sizes[at] = entry.size;
    offsets[at] = offset;
    if (entry.linkname !== undefined) links[at] = entry.linkname;
    if (entry.devmajor !== undefined) devices[at] = [entry.devmajor, entry.devminor ?? 0];
    if (entry.xattrs !== undefined) xattrs[at] = encodeXattrs(entry.xattrs);
  }
  return {
    size: index.size,
    types,
    paths,
    modes,
    uids,
    gids,
    mtimes,
    sizes,
    offsets,
    links,
    devices,
    xattrs,
  };
}

/** The index that a record holds, or undefined for anything that is no such record. */
export function fromIndexRecord(value: unknown, diffId: Digest): LayerIndex | undefined {
  return SHAPE(value) ? readRecord(value as LayerIndexRecord, diffId) : undefined;
}

const COUNTS = listOf(isCount);
const SHAPE = objectOf({
  ...{ size: isCount, types: isText, paths: listOf(isText) },
  ...{ modes: COUNTS, uids: COUNTS, gids: COUNTS, sizes: COUNTS, offsets: COUNTS },
  mtimes: listOf(Number.isFinite),
  links: mapOf(isText),
  devices: mapOf((value) => COUNTS(value) && (value as readonly number[]).length === 2),
  xattrs: mapOf(mapOf(isText)),
});

function readRecord(record: LayerIndexRecord, diffId: Digest): LayerIndex | undefined {
  const { paths, modes, uids, gids, mtimes, sizes, offsets } = record;
  const count = record.types.length;
  if (![paths, modes, uids, gids, mtimes, sizes, offsets].every((column) => column.length === count))
    return undefined;
  const entries: IndexedEntry[] = [];
  for (let at = 0; at < count; at++) {
    const type = TYPE_OF.get(record.types[at]!);
    if (type === undefined) return undefined;
    const entry: { -readonly [Key in keyof TarEntry]: TarEntry[Key] } = {
      type,
      path: paths[at]!,
      mode: modes[at]!,
      uid: uids[at]!,
      gid: gids[at]!,
      size: sizes[at]!,
      mtime: mtimes[at]!,
    };
    const link = record.links[at];
    if (link !== undefined) entry.linkname = link;
    const device = record.devices[at];
    if (device !== undefined) [entry.devmajor, entry.devminor] = device;
    const xattrs = record.xattrs[at];
    if (xattrs !== undefined) entry.xattrs = decodeXattrs(xattrs);
    entries.push({ entry, offset: offsets[at]! });
  }
  return { diffId, size: record.size, entries };
}

function encodeXattrs(xattrs: Readonly<Record<string, Uint8Array>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(xattrs).map(([name, value]) => [name, Buffer.from(value).toString("base64")]),
  );
}

function decodeXattrs(xattrs: Readonly<Record<string, string>>): Record<string, Uint8Array> {
  return Object.fromEntries(
    Object.entries(xattrs).map(([name, value]) => [name, Uint8Array.from(Buffer.from(value, "base64"))]),
  );
}
