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
