import { pathFromBytes } from "../core/bytes.js";
import { type FieldValue, readNumber } from "./number-field.js";
import { BLOCK, field } from "./ustar-layout.js";

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
