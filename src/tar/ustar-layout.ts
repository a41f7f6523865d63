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
