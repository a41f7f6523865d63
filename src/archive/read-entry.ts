import { pathFromBytes } from "../core/bytes.js";
import type { TarEntry, TarEntryType } from "./tar-entry.js";
import {
  field,
  MAX_DEVICE_MAJOR,
  MAX_DEVICE_MINOR,
  type PaxRecords,
  parsePaxRecords,
  type RawHeader,
} from "./tar-format.js";

/** The reason for which an entry is refused. */
export class BadEntry {
  readonly kind: "damaged" | "unsafe" | "sparse";
  readonly reason: string;
  readonly path: string;

  constructor(kind: "damaged" | "unsafe" | "sparse", reason: string, path = "") {
    this.kind = kind;
    this.reason = reason;
    this.path = path;
  }
}

/** Makes the entry of a header and of the extended headers before it. PAX wins over GNU, GNU over ustar. */
export function readEntry(header: RawHeader, meta: PendingMeta): TarEntry | BadEntry {
  const pax = meta.pax ?? NO_RECORDS;
  const flag = header.type;
  for (const key of NEVER_EMPTY) {
    if (pax.get(key)?.length === 0)
      return new BadEntry("damaged", `its ${key} in the extended header is empty`);
  }
  const rawPath = paxText(pax, "path") ?? meta.longName ?? header.name;
  if (flag === GNU_SPARSE || hasSparse(pax)) return new BadEntry("sparse", "", rawPath);
  const type = typeOf(flag, rawPath);
  if (type === "file" && rawPath.endsWith("/"))
    return new BadEntry(
      "unsafe",
      "is a file whose name ends in a slash, which some readers make a directory",
      rawPath,
    );
  if (type === undefined)
    return new BadEntry("damaged", `its type ${JSON.stringify(String.fromCharCode(flag))} is unknown`);
  const path = normalizeEntryPath(rawPath);
  if (path instanceof UnsafePath) return new BadEntry("unsafe", path.reason, rawPath);
  if (path === "" && type !== "folder")
    return new BadEntry("unsafe", "would replace the root folder", rawPath);

  if (flag === OLD_FILE && header.name.endsWith("/") !== rawPath.endsWith("/"))
    return new BadEntry("damaged", "it is a directory by one of its names and a file by the other");
  if (header.isPrefixAlone) return new BadEntry("damaged", "its header has a prefix and no name");
  if (header.hasStrayPrefix && meta.longName === undefined && !pax.has("path"))
    return new BadEntry("damaged", "its header is not ustar and has a prefix all the same");
  const size = paxNumber(pax, "size") ?? header.number(field.size, 12);
  const uid = paxNumber(pax, "uid") ?? header.number(field.uid, 8);
  const gid = paxNumber(pax, "gid") ?? header.number(field.gid, 8);
  const mtime = paxTime(pax) ?? header.number(field.mtime, 12, true);
  const mode = header.number(field.mode, 8);
  for (const value of [size, uid, gid, mtime, mode]) {
    if (typeof value === "string") return new BadEntry("damaged", value);
  }
  if ((uid as number) > MAX_ID || (gid as number) > MAX_ID)
    return new BadEntry("damaged", `its owner is above ${MAX_ID}`);

  // Readers differ in whether they pass over a content that only files can have; none does for
  // a hard link or a directory whose header has a size.
  const bodiless = (flag === HARD_LINK || flag === DIRECTORY) && !pax.has("size");
  const contentless = type === "file" || bodiless || size === 0;
  if (!contentless) return new BadEntry("damaged", `a ${type} says that it has content`);

  const entry: Mutable<TarEntry> = {
    type,
    path,
    mode: (mode as number) & 0o7777,
    uid: uid as number,
    gid: gid as number,
    size: type === "file" ? (size as number) : 0,
    mtime: mtime as number,
  };
  const problem = addLink(entry, header, meta, pax) ?? addDevice(entry, header) ?? addAttributes(entry, pax);
  if (problem !== undefined) return problem;
  return entry;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const NO_RECORDS: PaxRecords = new Map();
const GNU_SPARSE = 0x53;
const OLD_FILE = 0;
const HARD_LINK = 0x31;
const DIRECTORY = 0x35;
/** 2^32-1 is what "no owner" is to the system: a chown to it changes nothing. */
const MAX_ID = 0xfffffffe;
const XATTR = "SCHILY.xattr.";

function typeOf(flag: number, path: string): TarEntryType | undefined {
  switch (flag) {
    case OLD_FILE:
      // Before POSIX a directory was a file whose name ends in a slash.
      return path.endsWith("/") ? "folder" : "file";
    case 0x30:
    case 0x37:
      return "file";
    case HARD_LINK:
      return "hardlink";
    case 0x32:
      return "symlink";
    case 0x33:
      return "character-device";
    case 0x34:
      return "block-device";
    case DIRECTORY:
      return "folder";
    case 0x36:
      return "fifo";
    default:
      return undefined;
  }
}

function hasSparse(pax: PaxRecords): boolean {
  for (const key of pax.keys()) if (key.startsWith("GNU.sparse.")) return true;
  return false;
}

/** Keys whose empty value is nothing to one reader and zero or the header's own field to others. */
const NEVER_EMPTY = ["path", "linkpath", "size", "uid", "gid"];

function paxText(pax: PaxRecords, key: string): string | undefined {
  const value = pax.get(key);
  return value === undefined || value.length === 0 ? undefined : pathFromBytes(value);
}

function paxNumber(pax: PaxRecords, key: string): number | string | undefined {
  const text = paxText(pax, key);
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,16}$/.test(text)) return `its ${key} in the extended header is not a whole number`;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : `its ${key} in the extended header is too large`;
}

/** Whole seconds, rounded down: layers carry no fractions. */
function paxTime(pax: PaxRecords): number | string | undefined {
  const text = paxText(pax, "mtime");
  if (text === undefined) return undefined;
  if (!/^-?[0-9]{1,15}(?:\.[0-9]*)?$/.test(text)) return "its mtime in the extended header is not a number";
  return Math.floor(Number(text));
}

function addLink(
  entry: Mutable<TarEntry>,
  header: RawHeader,
  meta: PendingMeta,
  pax: PaxRecords,
): BadEntry | undefined {
  if (entry.type !== "symlink" && entry.type !== "hardlink") return undefined;
  const target = paxText(pax, "linkpath") ?? meta.longLink ?? header.linkname;
  if (target.includes("\0")) return new BadEntry("unsafe", "holds a NUL in its link target", entry.path);
  if (entry.type === "symlink") {
    entry.linkname = target;
    return target === "" ? new BadEntry("damaged", "a symlink has no target") : undefined;
  }
  const first = normalizeEntryPath(target);
  if (first instanceof UnsafePath)
    return new BadEntry("unsafe", `is a hard link whose target ${first.reason}`, entry.path);
  if (first === "") return new BadEntry("unsafe", "is a hard link to the root folder", entry.path);
  entry.linkname = first;
  return undefined;
}

function addDevice(entry: Mutable<TarEntry>, header: RawHeader): BadEntry | undefined {
  if (entry.type !== "character-device" && entry.type !== "block-device") return undefined;
  const major = header.number(field.devmajor, 8);
  const minor = header.number(field.devminor, 8);
  if (typeof major === "string" || typeof minor === "string")
    return new BadEntry("damaged", "its device numbers are not numbers");
  if (major > MAX_DEVICE_MAJOR || minor > MAX_DEVICE_MINOR) {
    return new BadEntry("damaged", `its device numbers ${major}:${minor} are more than Linux has`);
  }
  entry.devmajor = major;
  entry.devminor = minor;
  return undefined;
}

function addAttributes(entry: Mutable<TarEntry>, pax: PaxRecords): BadEntry | undefined {
  let xattrs: Record<string, Uint8Array> | undefined;
  for (const [key, value] of pax) {
    if (!key.startsWith(XATTR) || value.length === 0) continue;
    const name = key.slice(XATTR.length);
    if (name === "") return new BadEntry("damaged", "an extended attribute has no name");
    // Without a prototype, so that an attribute named __proto__ is an attribute.
    xattrs ??= Object.create(null) as Record<string, Uint8Array>;
    xattrs[name] = Uint8Array.from(value);
  }
  if (xattrs !== undefined) entry.xattrs = xattrs;
  return undefined;
}

/** Largest extended header that is read, in bytes; a larger one is an attack or damage. */
export const MAX_META = 1 << 20;

/**
 * The facts that the extended headers before an entry give. Readers differ in what a second one, or one of PAX beside one
 * of GNU, does to the first, and no writer makes such pairs: they are refused.
 */
export class PendingMeta {
  longName: string | undefined;
  longLink: string | undefined;
  pax: PaxRecords | undefined;
  /** Offset of the first extended header, or -1 when there is none. */
  start = -1;

  /** Takes the body of an extended header; gives back in words what is wrong with it. */
  add(type: number, body: Uint8Array): string | undefined {
    if (this.pax !== undefined)
      return "an extended header follows a PAX header, which must be before its entry";
    switch (type) {
      case GNU_LONG_NAME: {
        if (this.longName !== undefined) return "two long names are before one entry";
        const name = textOf(body);
        if (name === undefined) return "a long name is empty or has a NUL in it";
        this.longName = name;
        return undefined;
      }
      case GNU_LONG_LINK: {
        if (this.longLink !== undefined) return "two long link targets are before one entry";
        const link = textOf(body);
        if (link === undefined) return "a long link target is empty or has a NUL in it";
        this.longLink = link;
        return undefined;
      }
      default: {
        const records = parsePaxRecords(body);
        if (typeof records === "string") return records;
        if (this.longName !== undefined || this.longLink !== undefined)
          return "a PAX header follows a long name of GNU tar";
        if (type === PAX_LOCAL) this.pax = records;
        else return refusedGlobal(records);
        return undefined;
      }
    }
  }

  clear(): void {
    this.longName = undefined;
    this.longLink = undefined;
    this.pax = undefined;
    this.start = -1;
  }
}

const GNU_LONG_NAME = 0x4c;
const GNU_LONG_LINK = 0x4b;
const PAX_LOCAL = 0x78;
const PAX_GLOBAL = 0x67;

/** True when a type flag is an extended header and not an entry. */
export function isMeta(type: number): boolean {
  return type === PAX_LOCAL || type === PAX_GLOBAL || type === GNU_LONG_NAME || type === GNU_LONG_LINK;
}

/** The text up to its NUL; undefined where there is none, or where something follows the NUL. */
function textOf(body: Uint8Array): string | undefined {
  const nul = body.indexOf(0);
  const end = nul === -1 ? body.length : nul;
  for (let at = end; at < body.length; at++) if (body[at] !== 0) return undefined;
  return end === 0 ? undefined : pathFromBytes(body, 0, end);
}

/** Times and notes, which change nothing that an image holds. */
const HARMLESS = /^(?:[acm]time|LIBARCHIVE\.creationtime|comment|hdrcharset|charset|uname|gname)$/;

/**
 * The reason for which a global header is refused: GNU tar and Python apply its records to all entries that follow, Go
 * and so the container engines do not.
 */
function refusedGlobal(records: PaxRecords): string | undefined {
  for (const key of records.keys()) {
    if (!HARMLESS.test(key))
      return `a global extended header sets ${JSON.stringify(key)}, which not every reader applies`;
  }
  return undefined;
}

const ODD = /^[./]|\/[./]|\/$|\0/;

/** The reason for which a path from an archive is refused; the text continues "the entry ..., which ". */
class UnsafePath {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/**
 * The normal form of a path from an archive: no leading `/` or `./`, no trailing or double slash, no `.` component.
 * `..` is refused and never resolved: what it leads to depends on symlinks that only the final root file system has.
 * The root directory itself is the empty path.
 */
export function normalizeEntryPath(path: string): string | UnsafePath {
  if (!ODD.test(path)) return path;
  if (path.includes("\0")) return new UnsafePath("holds a NUL in its name");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") return new UnsafePath('has ".." in its path');
    if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
