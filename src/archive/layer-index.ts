import { createHash, type Hash } from "node:crypto";
import { isCount, isText, listOf, mapOf, objectOf } from "../core/json.js";
import { IntegrityError } from "../errors/layerwright-error.js";
import type { Digest } from "../oci/digest.js";
import type { BaseLayer } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";
import { decodeLayer } from "./decode.js";
import type { TarEntry, TarEntryType } from "./tar-entry.js";
import { TarParser } from "./tar-parser.js";

/** One entry of a layer, and where its content starts. */
export interface IndexedEntry {
  readonly entry: TarEntry;
  /** Offset in bytes of the entry's content in the plain tar; meaningless for all but files. */
  readonly offset: number;
}

/** The entries of a layer, in the order of its tar: all that applying it needs, without the contents of files. */
export interface LayerIndex {
  readonly diffId: Digest;
  /** Bytes of the plain tar. */
  readonly size: number;
  readonly entries: readonly IndexedEntry[];
}

/**
 * Reads a layer's plain tar once: what is in it and where. Throws `DIFF_ID_WRONG` when the bytes are not the ones
 * that the image's config names, and the tar reader's errors for a damaged tar.
 *
 * @param sink is given every piece of the tar as well, e.g. to write it to a scratch file
 */
export async function indexLayer(
  bytes: AsyncIterable<Uint8Array>,
  diffId: Digest,
  sink?: (chunk: Uint8Array) => void,
): Promise<LayerIndex> {
  const entries: IndexedEntry[] = [];
  const parser = new TarParser(
    { entry: (entry, { data }) => void entries.push({ entry, offset: data }) },
    `of the layer ${diffId}`,
  );
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    size += chunk.length;
    parser.feed(chunk);
    sink?.(chunk);
  }
  parser.end();
  const found = `sha256:${hash.digest("hex")}`;
  if (found !== diffId) throw new IntegrityError("DIFF_ID_WRONG", { diffId, found }, { subject: diffId });
  return { diffId, size, entries };
}

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
interface LayerIndexRecord {
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

/** The kind of the store's records that hold the digests of a layer's files. */
const KIND = "file-digests-1";

/**
 * The sha256 of every file of a layer in hex, in the order of its entries; empty text for all that is no file. Read from
 * the whole layer once, and remembered in the store.
 *
 * @param count how many entries the layer has: a record with another number is none
 */
export async function fileDigests(
  layer: Pick<BaseLayer, "diffId" | "blob">,
  count: number,
  store: BlobStore,
): Promise<readonly string[]> {
  const known = await store.getRecord(KIND, layer.diffId);
  if (isDigestList(known) && known.length === count) return known;
  const digests = await readDigests(layer);
  await store.putRecord(KIND, layer.diffId, digests);
  return digests;
}

async function readDigests({ diffId, blob }: Pick<BaseLayer, "diffId" | "blob">): Promise<string[]> {
  const archive = `of the layer ${diffId}`;
  const digests: string[] = [];
  let hash: Hash | undefined;
  const finish = () => {
    if (hash === undefined) return;
    digests[digests.length - 1] = hash.digest("hex");
    hash = undefined;
  };
  const parser = new TarParser(
    {
      entry({ type }) {
        finish();
        digests.push("");
        if (type === "file") hash = createHash("sha256");
      },
      data: (chunk) => void hash?.update(chunk),
      entryEnd: finish,
    },
    archive,
  );
  for await (const chunk of decodeLayer(blob(), { archive })) parser.feed(chunk);
  parser.end();
  finish();
  return digests;
}

function isDigestList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((digest) => typeof digest === "string");
}
