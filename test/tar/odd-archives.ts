import fc from "fast-check";
import { END, paxRecord } from "./tar-support.js";

/** A piece of an archive: an entry or an extended header, with whatever stands in its fields. */
interface Piece {
  readonly type: string;
  readonly name: string;
  readonly prefix: string;
  readonly link: string;
  /** Numeric fields as they stand, 8 or 12 bytes. */
  readonly mode: Buffer;
  readonly uid: Buffer;
  readonly gid: Buffer;
  readonly size: Buffer;
  readonly mtime: Buffer;
  readonly magic: string;
  readonly body: Buffer;
  readonly checksum: "right" | "signed" | "wrong";
}

const octal = (value: number, width: number) =>
  Buffer.from(`${value.toString(8).padStart(width - 1, "0")}\0`);

function base256(value: number, width: number): Buffer {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value, width - 6, 6);
  bytes[0] = 0x80;
  return bytes;
}

/** A number as some writer or attacker spells it. */
function numbers(value: number, width: number): fc.Arbitrary<Buffer> {
  const text = value.toString(8);
  const padded = (spelt: string) => Buffer.from(spelt.padEnd(width, "\0").slice(0, width), "latin1");
  return fc.oneof(
    { weight: 200, arbitrary: fc.constant(octal(value, width)) },
    { weight: 6, arbitrary: fc.constant(base256(value, width)) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        padded(`${text} `),
        padded(`  ${text} `),
        padded(`\0${text}`),
        padded(`${text}\0${text}`),
        padded(`${text} 7`),
        padded(`-${text}`),
        padded(`+${text}`),
        padded(`0x${text}`),
        padded(`${text}8`),
        Buffer.alloc(width),
        Buffer.alloc(width, " "),
        Buffer.alloc(width, 0xff),
        Buffer.concat([Buffer.of(0xc0), Buffer.alloc(width - 1)]),
        Buffer.concat([Buffer.of(0x80, 0x40), Buffer.alloc(width - 2)]),
      ),
    },
  );
}

const NAMES = ["a", "b", "d/", "d/a", "./d/b", "/e", "d//x", "d/.wh.a", "é", "a b", "./", "l/x"];
const name = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...NAMES) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "..",
      "d/../a",
      "",
      "n".repeat(100),
      `${"p".repeat(60)}/${"q".repeat(39)}`,
      "a\0b",
    ),
  },
);
const link = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  { weight: 3, arbitrary: fc.constantFrom("a", "b", "d/a", "./a", "/a", "../x", "d/", "l") },
);
const magic = fc.oneof(
  { weight: 30, arbitrary: fc.constant("ustar\x0000") },
  { weight: 3, arbitrary: fc.constantFrom("ustar  \0", "\0\0\0\0\0\0\0\0", "ustar\x00xx", "ustar 00") },
);
const prefix = fc.oneof(
  { weight: 20, arbitrary: fc.constant("") },
  { weight: 2, arbitrary: fc.constantFrom("pre", "pre/", "/pre", "../pre", "p".repeat(155)) },
);
const checksum = fc.oneof(
  { weight: 40, arbitrary: fc.constant("right" as const) },
  { weight: 1, arbitrary: fc.constantFrom("signed" as const, "wrong" as const) },
);
const content = fc.constantFrom(
  Buffer.alloc(0),
  Buffer.from("x"),
  Buffer.alloc(512, "y"),
  Buffer.alloc(700, "z"),
);

const fields = { name, prefix, link, magic, checksum };

const entry: fc.Arbitrary<Piece> = fc
  .record({
    ...fields,
    type: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom("0", "5", "1", "2", "\0", "7") },
      { weight: 1, arbitrary: fc.constantFrom("3", "4", "6", "S", "D", "M", "N", "V", "A", "X", "9") },
    ),
    body: content,
    mode: fc.constantFrom(0o644, 0o755, 0o4755, 0o100644).chain((value) => numbers(value, 8)),
    uid: fc.constantFrom(0, 1000, 0o7777777).chain((value) => numbers(value, 8)),
    gid: fc.constantFrom(0, 33).chain((value) => numbers(value, 8)),
    mtime: fc.constant(octal(1_700_000_000, 12)),
    extra: fc.oneof(
      { weight: 30, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(1, 512, 1024) },
    ),
  })
  .chain(({ extra, ...piece }) => {
    const holds = /[0\0S79M]/.test(piece.type) || extra > 0;
    const body = holds ? piece.body : Buffer.alloc(0);
    return numbers(body.length + extra, 12).map((size) => ({ ...piece, body, size }));
  });

/** The entry of a header that hides in the content of another. */
const hidden = Buffer.concat([headerOf(plain("evil", "0", 0)), Buffer.alloc(512)]);

const paxRecords = fc.array(
  fc.oneof(
    fc.tuple(
      fc.constantFrom("path", "linkpath"),
      fc.constantFrom("renamed", "d/renamed", "", "../up", "a\0b", "é"),
    ),
    fc.tuple(
      fc.constantFrom("uid", "gid"),
      fc.constantFrom("7", "4294967295", "4294967294", "-1", "", "0x1", "07", "1.5"),
    ),
    fc.tuple(
      fc.constant("size"),
      fc.constantFrom("0", "1", "512", "700", "1024", "-1", "", "99999999999999999999"),
    ),
    fc.tuple(fc.constant("mtime"), fc.constantFrom("1", "1.5", "-1", "x", "")),
    fc.tuple(
      fc.constantFrom(
        "comment",
        "uname",
        "GNU.sparse.major",
        "GNU.sparse.name",
        "GNU.sparse.size",
        "GNU.sparse.realsize",
        "hdrcharset",
        "SCHILY.xattr.user.x",
      ),
      fc.constantFrom("1", "0", "BINARY", "evil"),
    ),
  ),
  { minLength: 0, maxLength: 3 },
);

const meta: fc.Arbitrary<Piece> = fc
  .record({
    ...fields,
    type: fc.constantFrom("x", "x", "x", "g", "L", "K"),
    records: paxRecords,
    text: fc.constantFrom(
      "long",
      "d/long",
      "long\0",
      "a\0b\0",
      "",
      "\0",
      `${"m".repeat(120)}/n\0`,
      "../up\0",
    ),
    broken: fc.oneof(
      { weight: 12, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
  })
  .chain(({ records, text, broken, ...piece }) => {
    const pax = Buffer.concat([
      ...records.map(([key, value]) => paxRecord(key, value)),
      ...(broken ? [Buffer.from("9 path=evil\n")] : []),
    ]);
    const body = /[xg]/.test(piece.type) ? pax : Buffer.from(text);
    const zero = octal(0, 8);
    return numbers(body.length, 12).map((size) => ({
      ...piece,
      body,
      size,
      mode: zero,
      uid: zero,
      gid: zero,
      mtime: octal(0, 12),
    }));
  });

/** Bytes after a header, or between two. */
const filler = fc.constantFrom(Buffer.alloc(512), END, hidden, Buffer.alloc(512, "g"));

/** Archives that a careless or hostile writer makes: mostly right, and odd in a few places. */
export const oddArchive: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.array(
      fc.oneof(
        { weight: 20, arbitrary: entry.map(bytesOf) },
        { weight: 6, arbitrary: fc.tuple(meta, entry).map((pieces) => Buffer.concat(pieces.map(bytesOf))) },
        { weight: 1, arbitrary: fc.tuple(meta, meta, entry).map((all) => Buffer.concat(all.map(bytesOf))) },
        { weight: 1, arbitrary: filler },
      ),
      { minLength: 1, maxLength: 5 },
    ),
    fc.oneof(
      { weight: 8, arbitrary: fc.constant(END) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(Buffer.alloc(0), Buffer.alloc(512), Buffer.concat([END, hidden])),
      },
    ),
  )
  .map(([pieces, end]) => Buffer.concat([...pieces, end]));

function plain(path: string, type: string, size: number): Piece {
  const zero = octal(0, 8);
  return {
    type,
    name: path,
    prefix: "",
    link: "",
    mode: octal(0o644, 8),
    uid: zero,
    gid: zero,
    size: octal(size, 12),
    mtime: octal(0, 12),
    magic: "ustar\x0000",
    body: Buffer.alloc(0),
    checksum: "right",
  };
}

function bytesOf(piece: Piece): Buffer {
  const padded = Buffer.alloc(Math.ceil(piece.body.length / 512) * 512);
  piece.body.copy(padded);
  return Buffer.concat([headerOf(piece), padded]);
}

function headerOf(piece: Piece): Buffer {
  const header = Buffer.alloc(512);
  header.write(piece.name.slice(0, 100), 0, "utf8");
  piece.mode.copy(header, 100);
  piece.uid.copy(header, 108);
  piece.gid.copy(header, 116);
  piece.size.copy(header, 124);
  piece.mtime.copy(header, 136);
  header.fill(0x20, 148, 156);
  header.write(piece.type, 156, "latin1");
  header.write(piece.link, 157, "utf8");
  header.write(piece.magic, 257, "latin1");
  header.write(piece.prefix, 345, "latin1");
  let sum = 0;
  for (const byte of header) sum += piece.checksum === "signed" && byte > 127 ? byte - 256 : byte;
  if (piece.checksum === "wrong") sum += 1;
  header.write(`${Math.max(sum, 0).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}
