/** What a numeric field of a tar header holds: a number, or in words what is wrong with it. */
export type FieldValue = number | string;

/**
 * Reads a numeric header field: octal digits between spaces and NULs (all blank is 0), or base-256 when the first
 * bit is set, as GNU tar writes what octal cannot hold. Negative numbers are refused unless `signed`.
 */
export function readNumber(header: Uint8Array, offset: number, length: number, signed = false): FieldValue {
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
