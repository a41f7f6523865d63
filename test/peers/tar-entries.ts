/** What a tar says of one file: the header's own fields, PAX records applied. */
export interface TarEntry {
  path: string;
  type: "file" | "dir" | "symlink" | "link" | "char" | "block" | "fifo";
  mode: number;
  uid: number;
  gid: number;
  size: number;
  linkname: string;
  device: string;
  /** Extended attributes, their bytes in hexadecimal. */
  xattrs: Record<string, string>;
  data: Buffer;
}

const TYPES: Readonly<Record<string, TarEntry["type"]>> = {
  "": "file",
  "0": "file",
  "1": "link",
  "2": "symlink",
  "3": "char",
  "4": "block",
  "5": "dir",
  "6": "fifo",
  "7": "file",
};

/** Text, or one character per byte where the bytes are no UTF-8. */
function text(bytes: Buffer): string {
  const decoded = bytes.toString("utf8");
  return Buffer.from(decoded).equals(bytes) ? decoded : bytes.toString("latin1");
}

function field(header: Buffer, start: number, length: number): Buffer {
  const bytes = header.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

function number(header: Buffer, start: number, length: number): number {
  const first = header[start] ?? 0;
  // GNU tar writes a number that does not fit as big-endian bytes.
  if (first & 0x80) return Number(header.readBigUInt64BE(start + length - 8));
  return Number.parseInt(field(header, start, length).toString("latin1").trim() || "0", 8);
}

function paxRecords(data: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = Number(data.toString("latin1", at, space));
    if (space === -1 || !(length > 0)) break;
    const equals = data.indexOf(0x3d, space);
    records.set(text(data.subarray(space + 1, equals)), data.subarray(equals + 1, at + length - 1));
    at += length;
  }
  return records;
}

/**
 * Reads a whole tar. It shares no code with Layerwright and uses no tar
 * package: the ones at hand read PAX values as text, which spoils the binary
 * ones, and a referee had better not make the player's mistakes.
 */
export function tarEntries(tar: Buffer): TarEntry[] {
  const entries: TarEntry[] = [];
  let pax = new Map<string, Buffer>();
  for (let at = 0; at + 512 <= tar.length; ) {
    const header = tar.subarray(at, at + 512);
    if (header.every((byte) => byte === 0)) break;
    const kind = field(header, 156, 1).toString("latin1");
    const size = Number(pax.get("size") ?? number(header, 124, 12));
    const data = tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
    if (kind === "x") {
      pax = new Map([...pax, ...paxRecords(data)]);
      continue;
    }
    if (kind === "g") continue;
    if (kind === "L" || kind === "K") {
      pax.set(kind === "L" ? "path" : "linkpath", field(data, 0, data.length));
      continue;
    }
    const type = TYPES[kind];
    if (type === undefined) throw new Error(`a tar entry of unknown type ${JSON.stringify(kind)}`);
    const name = field(header, 0, 100);
    const ustar = header.toString("latin1", 257, 263) === "ustar\0";
    const prefix = ustar ? field(header, 345, 155) : Buffer.alloc(0);
    const plain = prefix.length > 0 ? Buffer.concat([prefix, Buffer.from("/"), name]) : name;
    const xattrs: Record<string, string> = {};
    for (const [key, value] of pax) {
      if (key.startsWith("SCHILY.xattr.")) xattrs[key.slice(13)] = value.toString("hex");
    }
    entries.push({
      path: text(pax.get("path") ?? plain),
      type,
      mode: number(header, 100, 8) & 0o7777,
      uid: Number(pax.get("uid") ?? number(header, 108, 8)),
      gid: Number(pax.get("gid") ?? number(header, 116, 8)),
      size: type === "file" ? size : 0,
      linkname: text(pax.get("linkpath") ?? field(header, 157, 100)),
      device:
        type === "char" || type === "block" ? `${number(header, 329, 8)}:${number(header, 337, 8)}` : "",
      xattrs,
      data,
    });
    pax = new Map();
  }
  return entries;
}
