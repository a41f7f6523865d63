import { pathFromBytes } from "../core/bytes.js";
import type { TarEntryType } from "./tar-entry.js";

/** Bytes of a tar block: headers take one, contents are padded to whole ones. */
export const BLOCK = 512;

/** Largest size or mtime that a 12-byte octal field holds: 8 GiB less one byte, or the year 2242. */
export const MAX_OCTAL_11 = 0o77777777777;

/** Largest uid, gid or device number that an 8-byte octal field holds. */
export const MAX_OCTAL_7 = 0o7777777;

/** Device numbers that Linux can hold (12 and 20 bits). */
export const MAX_DEVICE_MAJOR = 0xfff;
export const MAX_DEVICE_MINOR = 0xfffff;

/** The type flag of each kind of entry (POSIX.1-2017 pax, "ustar Interchange Format"). */
export const typeFlag: Readonly<Record<TarEntryType, number>> = {
  file: 0x30,
  hardlink: 0x31,
  symlink: 0x32,
  "character-device": 0x33,
  "block-device": 0x34,
  folder: 0x35,
  fifo: 0x36,
};

/** Offsets of the fields of a ustar header, in bytes. */
export const field = {
  name: 0,
  mode: 100,
  uid: 108,
  gid: 116,
  size: 124,
  mtime: 136,
  checksum: 148,
  type: 156,
  linkname: 157,
  magic: 257,
  devmajor: 329,
  devminor: 337,
  prefix: 345,
} as const;

/** Bytes of padding after `size` bytes of content. */
export function padding(size: number): number {
  // Not a bit operation: sizes go beyond 32 bits.
  const rest = size % BLOCK;
  return rest === 0 ? 0 : BLOCK - rest;
}

/** True when 512 bytes are all zero, as the end of an archive is. */
export function isZeroBlock(bytes: Uint8Array, offset: number): boolean {
  for (let index = offset; index < offset + BLOCK; index++) if (bytes[index] !== 0) return false;
  return true;
}

/**
 * True when a header's checksum is right: the sum of its bytes with the field itself as spaces. Old writers summed
 * signed bytes, which Go's reader accepts too.
 */
export function checksumHolds(bytes: Uint8Array, offset: number): boolean {
  const said = readNumber(bytes, offset + field.checksum, 8);
  let sum = 0;
  let high = 0;
  for (let index = offset; index < offset + BLOCK; index++) {
    const byte = bytes[index]!;
    sum += byte;
    high += byte >>> 7;
  }
  for (let index = offset + field.checksum; index < offset + field.checksum + 8; index++) {
    const byte = bytes[index]!;
    sum += 0x20 - byte;
    high -= byte >>> 7;
  }
  return said === sum || said === sum - 256 * high;
}

/** A view of one header's fields. */
export class RawHeader {
  readonly #bytes: Uint8Array;
  readonly #offset: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  get type(): number {
    return this.#bytes[this.#offset + field.type]!;
  }

  /**
   * True when something stands where ustar's prefix would be in a header that is not ustar: times of GNU tar, which some
   * readers take for a part of the name.
   */
  get hasStrayPrefix(): boolean {
    return !this.#isPosix && this.#bytes[this.#offset + field.prefix] !== 0;
  }

  /** True when ustar's prefix has no name behind it, which some readers take for a directory by its last slash. */
  get isPrefixAlone(): boolean {
    const at = this.#offset;
    return this.#isPosix && this.#bytes[at + field.name] === 0 && this.#bytes[at + field.prefix] !== 0;
  }

  /** Name with ustar's prefix. GNU archives keep times where the prefix is, so only POSIX magic has one. */
  get name(): string {
    const name = this.#text(field.name, 100);
    if (!this.#isPosix || this.#bytes[this.#offset + field.prefix] === 0) return name;
    // star keeps times at the end of the prefix and says so in the last four bytes.
    const star = this.#text(508, 4) === "tar";
    const prefix = this.#text(field.prefix, star ? 131 : 155);
    return prefix === "" ? name : `${prefix}/${name}`;
  }

  get linkname(): string {
    return this.#text(field.linkname, 100);
  }

  number(offset: number, length: number, signed = false): FieldValue {
    return readNumber(this.#bytes, this.#offset + offset, length, signed);
  }

  get #isPosix(): boolean {
    const at = this.#offset + field.magic;
    const bytes = this.#bytes;
    // "ustar\0": GNU has a space where POSIX has the NUL.
    return (
      bytes[at] === 0x75 &&
      bytes[at + 1] === 0x73 &&
      bytes[at + 2] === 0x74 &&
      bytes[at + 3] === 0x61 &&
      bytes[at + 4] === 0x72 &&
      bytes[at + 5] === 0
    );
  }

  #text(offset: number, length: number): string {
    const start = this.#offset + offset;
    let end = start;
    while (end < start + length && this.#bytes[end] !== 0) end++;
    return pathFromBytes(this.#bytes, start, end);
  }
}

/** The value of a numeric field of a tar header: a number, or in words what is wrong with it. */
type FieldValue = number | string;

/**
 * Reads a numeric header field: octal digits between spaces and NULs (all blank is 0), or base-256 when the first
 * bit is set, as GNU tar writes what octal cannot hold. Negative numbers are refused unless `signed`.
 */
function readNumber(header: Uint8Array, offset: number, length: number, signed = false): FieldValue {
  const first = header[offset]!;
  if ((first & 0x80) !== 0) return readBase256(header, offset, length, signed);
  let at = offset;
  const end = offset + length;
  while (at < end && header[at] === 0x20) at++;
  // Some readers pass over NULs here as over spaces, and others end the number.
  if (header[at] === 0) return blankFrom(header, at, end) ? 0 : "a number in its header begins with a NUL";
  let value = 0;
  for (; at < end; at++) {
    const digit = header[at]! - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  for (; at < end; at++) {
    if (header[at] !== 0x20 && header[at] !== 0) return "a number in its header is not octal";
    // What follows the NUL is not part of the field's text.
    if (header[at] === 0) break;
  }
  return value;
}

function blankFrom(header: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (header[at] !== 0 && header[at] !== 0x20) return false;
  return true;
}

function readBase256(header: Uint8Array, offset: number, length: number, signed: boolean): FieldValue {
  const negative = (header[offset]! & 0x40) !== 0;
  if (negative && !signed) return "a number in its header is negative";
  let value = negative ? (header[offset]! | 0x80) - 0x100 : header[offset]! & 0x3f;
  for (let at = offset + 1; at < offset + length; at++) value = value * 256 + header[at]!;
  return Number.isSafeInteger(value) ? value : "a number in its header is too large";
}

/** One PAX record: key and raw value. Values are bytes because capabilities and old names are not text. */
export type PaxRecords = Map<string, Uint8Array>;

/** Serialises PAX records sorted by key: `<length> <key>=<value>\n`, the length counting itself (POSIX.1-2017 pax). */
export function encodePaxRecords(records: PaxRecords): Buffer {
  const keys = [...records.keys()].map((key) => ({ key, bytes: Buffer.from(key, "utf8") }));
  keys.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  const pieces: Uint8Array[] = [];
  for (const { key, bytes } of keys) {
    const value = records.get(key)!;
    const rest = bytes.length + value.length + 3;
    let length = rest + String(rest).length;
    if (String(length).length > String(rest).length) length = rest + String(length).length;
    pieces.push(Buffer.from(`${length} `, "latin1"), bytes, EQUALS, value, NEWLINE);
  }
  return Buffer.concat(pieces);
}

/**
 * Reads PAX records, or tells in words what is wrong with them. Nothing is skipped: a reader that skips a malformed
 * record disagrees with the next reader about what follows (the CVE-2025-62518 class).
 */
export function parsePaxRecords(bytes: Uint8Array): PaxRecords | string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: PaxRecords = new Map();
  let at = 0;
  while (at < buffer.length) {
    let length = 0;
    let digits = 0;
    while (digits < 8 && isDigit(buffer[at + digits])) length = length * 10 + buffer[at + digits++]! - 0x30;
    const start = at + digits + 1;
    const end = at + length;
    if (digits === 0 || buffer[at + digits] !== 0x20) return "an extended header record has no length";
    if (end > buffer.length || end <= start) return "an extended header record has a wrong length";
    if (buffer[end - 1] !== 0x0a) return "an extended header record does not end where it says";
    const equals = buffer.indexOf(0x3d, start);
    if (equals <= start || equals >= end - 1) return "an extended header record has no key";
    records.set(buffer.toString("utf8", start, equals), buffer.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
}

const EQUALS = Buffer.from("=");
const NEWLINE = Buffer.from("\n");

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
