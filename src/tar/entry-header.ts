import { pathToBytes } from "../core/bytes.js";
import { checkWritable, unwritable } from "./entry-limits.js";
import { encodePaxRecords, type PaxRecords } from "./pax-records.js";
import type { TarEntry } from "./tar-entry.js";
import { type UstarFields, writeUstarHeader } from "./ustar-header.js";
import { BLOCK, MAX_OCTAL_7, MAX_OCTAL_11, padding, typeFlag } from "./ustar-layout.js";

/** True when an entry's header is one plain 512-byte block: no PAX records are needed. */
export function isPlain(entry: TarEntry): boolean {
  return (
    entry.path.length < 100 &&
    ASCII.test(entry.path) &&
    entry.size <= MAX_OCTAL_11 &&
    entry.uid <= MAX_OCTAL_7 &&
    entry.gid <= MAX_OCTAL_7 &&
    entry.xattrs === undefined &&
    (entry.linkname === undefined || (entry.linkname.length <= 100 && ASCII.test(entry.linkname)))
  );
}

/** Writes the header of an entry that `isPlain` at `offset`: 512 bytes. Throws for what cannot be in a layer. */
export function writePlainHeader(target: Buffer, offset: number, entry: TarEntry): void {
  checkWritable(entry);
  writeUstarHeader(target, offset, fieldsOf(entry, nameOf(entry), "", entry.linkname ?? ""));
}

/**
 * The header of any entry, with its PAX header before it where ustar's fields are too small: a path that does not
 * split into 155 + 100 bytes or is not ASCII, 8 GiB or more, an owner above 2,097,151, extended attributes.
 */
export function encodeHeader(entry: TarEntry): Buffer {
  checkWritable(entry);
  const { records, name, prefix, linkname } = placeFields(entry);
  if (records.size === 0) {
    const header = Buffer.alloc(BLOCK);
    writeUstarHeader(header, 0, fieldsOf(entry, name, prefix, linkname));
    return header;
  }
  const body = encodePaxRecords(records);
  const header = Buffer.alloc(BLOCK + body.length + padding(body.length) + BLOCK);
  writeUstarHeader(header, 0, { ...paxHeader, size: body.length });
  body.copy(header, BLOCK);
  writeUstarHeader(header, header.length - BLOCK, fieldsOf(entry, name, prefix, linkname));
  return header;
}

/** Bytes of an entry's header, its PAX header among them. */
export function headerSize(entry: TarEntry): number {
  if (isPlain(entry)) return BLOCK;
  const { records } = placeFields(entry);
  if (records.size === 0) return BLOCK;
  const { length } = encodePaxRecords(records);
  return BLOCK + length + padding(length) + BLOCK;
}

const ASCII = /^[\x01-\x7f]*$/;

/** The PAX header's own entry says nothing of the host: no pid, no owner, no time. */
const paxHeader: UstarFields = {
  name: "PaxHeaders/entry",
  prefix: "",
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  type: 0x78,
  linkname: "",
  devmajor: 0,
  devminor: 0,
};

/** What of an entry goes into ustar's own fields, and the records for what they are too small for. */
function placeFields(entry: TarEntry) {
  const records: PaxRecords = new Map();
  const { name, prefix } = placeName(nameOf(entry), records);
  const linkname = placeLink(entry.linkname ?? "", records);
  placeNumbers(entry, records);
  placeAttributes(entry, records);
  return { records, name, prefix, linkname };
}

function nameOf(entry: TarEntry): string {
  if (entry.type !== "folder") return entry.path;
  return entry.path === "" ? "./" : `${entry.path}/`;
}

function fieldsOf(
  entry: TarEntry,
  name: string | Uint8Array,
  prefix: string,
  linkname: string | Uint8Array,
): UstarFields {
  const device = entry.type === "character-device" || entry.type === "block-device";
  return {
    name,
    prefix,
    mode: entry.mode,
    uid: entry.uid > MAX_OCTAL_7 ? 0 : entry.uid,
    gid: entry.gid > MAX_OCTAL_7 ? 0 : entry.gid,
    size: entry.type !== "file" || entry.size > MAX_OCTAL_11 ? 0 : entry.size,
    // Layers carry whole seconds from 1970 to 2242; readers disagree about everything else.
    mtime: Math.min(Math.max(Math.floor(entry.mtime), 0), MAX_OCTAL_11),
    type: typeFlag[entry.type],
    linkname,
    devmajor: device ? (entry.devmajor ?? 0) : 0,
    devminor: device ? (entry.devminor ?? 0) : 0,
  };
}

function placeName(name: string, records: PaxRecords): { name: string | Uint8Array; prefix: string } {
  if (ASCII.test(name)) {
    if (name.length <= 100) return { name, prefix: "" };
    // The last slash that leaves at most 155 bytes before it, and not the one that ends a folder's name.
    const slash = name.lastIndexOf("/", Math.min(155, name.length - 2));
    if (slash > 0 && name.length - slash - 1 <= 100) {
      return { prefix: name.slice(0, slash), name: name.slice(slash + 1) };
    }
  }
  const bytes = pathToBytes(name);
  records.set("path", bytes);
  return { name: bytes.subarray(0, 100), prefix: "" };
}

function placeLink(linkname: string, records: PaxRecords): string | Uint8Array {
  if (linkname.length <= 100 && ASCII.test(linkname)) return linkname;
  const bytes = pathToBytes(linkname);
  records.set("linkpath", bytes);
  return bytes.subarray(0, 100);
}

function placeNumbers(entry: TarEntry, records: PaxRecords): void {
  if (entry.type === "file" && entry.size > MAX_OCTAL_11)
    records.set("size", Buffer.from(String(entry.size)));
  if (entry.uid > MAX_OCTAL_7) records.set("uid", Buffer.from(String(entry.uid)));
  if (entry.gid > MAX_OCTAL_7) records.set("gid", Buffer.from(String(entry.gid)));
}

function placeAttributes(entry: TarEntry, records: PaxRecords): void {
  for (const [name, value] of Object.entries(entry.xattrs ?? {})) {
    if (name === "" || /[=\0]/.test(name)) {
      throw unwritable(entry.path, `no tar can hold the extended attribute name ${JSON.stringify(name)}`);
    }
    // An empty PAX value means "delete this key", so it would silently be lost.
    if (value.length === 0) throw unwritable(entry.path, `its extended attribute ${name} is empty`);
    records.set(`SCHILY.xattr.${name}`, value);
  }
}
