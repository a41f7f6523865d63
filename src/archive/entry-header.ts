import { pathToBytes } from "../core/bytes.js";
import { EnvironmentError } from "../errors/layerwright-error.js";
import type { TarEntry } from "./tar-entry.js";
import {
  BLOCK,
  encodePaxRecords,
  field,
  MAX_DEVICE_MAJOR,
  MAX_DEVICE_MINOR,
  MAX_OCTAL_7,
  MAX_OCTAL_11,
  type PaxRecords,
  padding,
  typeFlag,
} from "./tar-format.js";

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

/** The values of an entry that go into ustar's own fields, and the records for what they are too small for. */
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
    // The last slash that leaves at most 155 bytes before it, and not the one that ends a directory's name.
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

/** The values of one ustar header; each number fits its octal field and each text its field. */
interface UstarFields {
  readonly name: string | Uint8Array;
  readonly prefix: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly type: number;
  readonly linkname: string | Uint8Array;
  readonly devmajor: number;
  readonly devminor: number;
}

const template = makeTemplate();

/**
 * Writes one 512-byte ustar header at `offset`. Numbers are zero-filled octal with a NUL, owner names are empty and
 * the device fields are filled for every type, so that equal entries always have equal bytes (POSIX.1-2017 pax).
 */
function writeUstarHeader(target: Buffer, offset: number, fields: UstarFields): void {
  target.set(template, offset);
  writeText(target, offset + field.name, fields.name);
  if (fields.prefix !== "") target.write(fields.prefix, offset + field.prefix, "latin1");
  writeOctal(target, offset + field.mode, 7, fields.mode);
  writeOctal(target, offset + field.uid, 7, fields.uid);
  writeOctal(target, offset + field.gid, 7, fields.gid);
  writeOctal(target, offset + field.size, 11, fields.size);
  writeOctal(target, offset + field.mtime, 11, fields.mtime);
  target[offset + field.type] = fields.type;
  if (fields.linkname.length > 0) writeText(target, offset + field.linkname, fields.linkname);
  if (fields.devmajor !== 0) writeOctal(target, offset + field.devmajor, 7, fields.devmajor);
  if (fields.devminor !== 0) writeOctal(target, offset + field.devminor, 7, fields.devminor);
  let sum = 0;
  for (let index = offset; index < offset + BLOCK; index++) sum += target[index]!;
  // Six digits, NUL, space: the form every historic reader takes. The template holds the eight spaces it is summed with.
  writeOctal(target, offset + field.checksum, 6, sum);
  target[offset + field.checksum + 6] = 0;
}

function writeText(target: Buffer, offset: number, text: string | Uint8Array): void {
  if (typeof text === "string") target.write(text, offset, "latin1");
  else target.set(text, offset);
}

function writeOctal(target: Buffer, offset: number, digits: number, value: number): void {
  let rest = value;
  for (let index = offset + digits - 1; index >= offset; index--) {
    const higher = Math.floor(rest / 8);
    target[index] = 0x30 + (rest - higher * 8);
    rest = higher;
  }
}

function makeTemplate(): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write("ustar\x0000", field.magic, "latin1");
  header.fill(0x20, field.checksum, field.checksum + 8);
  header.fill(0x30, field.devmajor, field.devmajor + 7);
  header.fill(0x30, field.devminor, field.devminor + 7);
  return header;
}

/** Bytes of a name and of a path that Linux takes (NAME_MAX, PATH_MAX), and the depth that layer readers take. */
const MAX_NAME = 255;
const MAX_PATH = 4096;
const MAX_DEPTH = 1024;

/**
 * Bytes of the largest file of the host that is read into an image, unless its copy says otherwise: more than the
 * largest layer that registries take. A larger one is most often sparse, and would be read for hours.
 */
export const MOST_FILE_BYTES = 64 * 1024 ** 3;

/** Throws when an entry cannot exist in a Linux root file system, or is not as `TarEntry` promises. */
function checkWritable(entry: TarEntry): void {
  checkPath(entry.path, entry.type === "folder");
  checkNumber(entry, "mode", entry.mode, 0o7777);
  checkNumber(entry, "uid", entry.uid, 0xffffffff);
  checkNumber(entry, "gid", entry.gid, 0xffffffff);
  checkNumber(entry, "size", entry.size, Number.MAX_SAFE_INTEGER);
  if (Number.isNaN(entry.mtime)) throw unwritable(entry.path, "its mtime is not a number");
  if (entry.type === "hardlink") checkPath(entry.linkname ?? "", false);
  else if (entry.type === "symlink") checkTarget(entry.path, entry.linkname ?? "");
  else if (entry.type === "character-device" || entry.type === "block-device") {
    checkNumber(entry, "device major", entry.devmajor ?? 0, MAX_DEVICE_MAJOR);
    checkNumber(entry, "device minor", entry.devminor ?? 0, MAX_DEVICE_MINOR);
  }
}

/** The error for an entry that no tar can hold. */
export function unwritable(path: string, reason: string): EnvironmentError<"ENTRY_UNWRITABLE"> {
  return new EnvironmentError("ENTRY_UNWRITABLE", { path, reason }, { subject: path });
}

// Short plain paths, nearly all there are, take no walk over their parts.
const ODD = /[^\x01-\x7f]|^\/|\/$|\/\/|(?:^|\/)\.\.?(?:\/|$)/;

function checkPath(path: string, folder: boolean): void {
  if (path.length <= MAX_NAME && path !== "" && !ODD.test(path)) return;
  // The root directory itself has the empty path.
  if (path === "" && folder) return;
  if (path === "") throw unwritable(path, "it has no name");
  if (path.includes("\0")) throw unwritable(path, "its name holds a NUL");
  const bytes = pathToBytes(path);
  if (bytes.length > MAX_PATH) throw tooLong(path, `it has ${bytes.length} bytes, more than ${MAX_PATH}`);
  const parts = path.split("/");
  if (parts.length > MAX_DEPTH)
    throw tooLong(path, `it is ${parts.length} levels deep, more than ${MAX_DEPTH}`);
  for (const part of parts) {
    if (part === "" || part === "." || part === "..") {
      throw unwritable(
        path,
        "its path is not in normal form (no leading, trailing or double slash, no . or ..)",
      );
    }
    const length = pathToBytes(part).length;
    if (length > MAX_NAME) throw tooLong(path, `one of its names has ${length} bytes, more than ${MAX_NAME}`);
  }
}

function checkTarget(path: string, target: string): void {
  if (target === "" || target.includes("\0"))
    throw unwritable(path, "its symlink target is empty or holds a NUL");
  if (target.length * 3 <= MAX_PATH) return;
  const length = pathToBytes(target).length;
  if (length > MAX_PATH) throw tooLong(path, `its symlink target has ${length} bytes, more than ${MAX_PATH}`);
}

function checkNumber(entry: TarEntry, name: string, value: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= max) return;
  throw unwritable(entry.path, `its ${name} is ${value}, not a whole number from 0 to ${max}`);
}

function tooLong(path: string, reason: string): EnvironmentError<"PATH_TOO_LONG"> {
  return new EnvironmentError("PATH_TOO_LONG", { path, reason }, { subject: path });
}
