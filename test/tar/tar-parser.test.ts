import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
  codeOf,
  END,
  entry,
  fileItem,
  parse,
  patchHeader,
  paxRecord,
  rawEntry,
  tarOf,
} from "./tar-support.js";

const work = mkdtempSync(join(tmpdir(), "lw-parse-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const one = (...pieces: Uint8Array[]) => Buffer.concat([...pieces, END]);
const pax = (...records: Buffer[]) => rawEntry("PaxHeaders/x", "x", Buffer.concat(records));
const code = (tar: Uint8Array) => codeOf(() => parse(tar));
const paths = (tar: Uint8Array) => parse(tar).map((seen) => seen.entry.path);

describe("TarParser reads", () => {
  it.each(["v7", "ustar", "oldgnu", "gnu", "posix"])(
    "what GNU tar writes as %s, in pieces of any size",
    (format) => {
      const root = join(work, format);
      const long = format === "v7" ? "plain" : "n".repeat(90);
      mkdirSync(join(root, "a", long), { recursive: true });
      writeFileSync(join(root, "a", long, "file"), Buffer.alloc(1500, "x"));
      writeFileSync(join(root, "a", "empty"), "");
      execFileSync("ln", ["-s", format === "v7" ? "t" : `../${"t".repeat(90)}`, join(root, "a", "link")]);
      execFileSync("ln", [join(root, "a", "empty"), join(root, "a", "twin")]);
      const extra = format === "gnu" || format === "posix" ? "m".repeat(150) : "";
      if (extra !== "") writeFileSync(join(root, "a", extra), "long");
      const tar = execFileSync("tar", [
        `--format=${format}`,
        "--sort=name",
        "--numeric-owner",
        "--mtime=@1700000000",
        "-C",
        root,
        "-cf",
        "-",
        "./a",
        ".",
      ]);
      for (const size of [1, 100, 512, 513, 10_000, 1 << 20]) {
        const seen = parse(tar, size);
        expect(seen.map((found) => found.entry.path)).toEqual(
          expect.arrayContaining(["a", `a/${long}`, `a/${long}/file`, "a/empty", "a/link", "a/twin", ""]),
        );
        const file = seen.find((found) => found.entry.path === `a/${long}/file`)!;
        expect(file.data.equals(Buffer.alloc(1500, "x"))).toBe(true);
        expect(file.entry).toMatchObject({ type: "file", size: 1500, mtime: 1_700_000_000 });
        expect(seen.find((found) => found.entry.path === "a/twin")!.entry).toMatchObject({
          type: "hardlink",
          linkname: "a/empty",
          size: 0,
        });
        if (extra !== "")
          expect(seen.find((found) => found.entry.path === `a/${extra}`)!.data.toString()).toBe("long");
      }
    },
  );

  it("GNU long names and long link targets", () => {
    const path = `${"d".repeat(120)}/${"é".repeat(120)}`;
    const target = "../t/".repeat(60);
    const tar = one(
      rawEntry("././@LongLink", "L", Buffer.from(`${path}\0`)),
      rawEntry("././@LongLink", "K", Buffer.from(`${target}\0`)),
      rawEntry("short", "2"),
    );
    expect(parse(tar, 300)[0]!.entry).toEqual(entry({ path, type: "symlink", linkname: target }));
    expect(parse(tar)[0]!.position).toEqual({ header: 0, data: tar.length - 1024 });
  });

  it("PAX path, linkpath, owners, time and binary attributes, which win over the header", () => {
    const value = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    const records = [
      paxRecord("path", "a/ü"),
      paxRecord("uid", "3000000"),
      paxRecord("gid", "4294967294"),
      paxRecord("mtime", "1.987654321"),
      paxRecord("SCHILY.xattr.user.x", value),
      paxRecord("SCHILY.xattr.__proto__", "p"),
      paxRecord("comment", ""),
    ];
    const tar = one(pax(...records), rawEntry("other", "0", Buffer.from("data")));
    for (const size of [1, 700, 1 << 20]) {
      const [seen] = parse(tar, size);
      expect(seen!.entry).toMatchObject({
        path: "a/ü",
        uid: 3_000_000,
        gid: 4_294_967_294,
        mtime: 1,
        size: 4,
      });
      expect(seen!.entry.xattrs!["user.x"]).toEqual(Uint8Array.from(value));
      expect(Object.keys(seen!.entry.xattrs!)).toEqual(["user.x", "__proto__"]);
    }
    expect(parse(one(pax(paxRecord("linkpath", "x/y")), rawEntry("l", "1")))[0]!.entry.linkname).toBe("x/y");
    expect(parse(one(pax(paxRecord("mtime", "-5.5")), rawEntry("f", "0")))[0]!.entry.mtime).toBe(-6);
  });

  it("global PAX headers with notes and times", () => {
    expect(
      paths(
        one(
          rawEntry(
            "pax_global_header",
            "g",
            Buffer.concat([paxRecord("comment", "c"), paxRecord("mtime", "1")]),
          ),
          rawEntry("a", "0"),
          rawEntry("b", "0"),
        ),
      ),
    ).toEqual(["a", "b"]);
  });

  it("the PAX size for the content and for the next header (CVE-2025-62518)", () => {
    const hidden = rawEntry("hidden", "0", Buffer.from("x"));
    const outer = Buffer.concat([rawEntry("outer", "0", Buffer.alloc(0), 0), hidden]);
    const seen = parse(one(pax(paxRecord("size", String(hidden.length))), outer));
    expect(seen.map((found) => found.entry.path)).toEqual(["outer"]);
    expect(seen[0]!.data.equals(hidden)).toBe(true);
  });

  it("positive base-256 numbers", () => {
    const plain = rawEntry("f", "0", Buffer.from("abc"));
    const size = Buffer.from("800000000000000000000003", "hex");
    const uid = Buffer.from("80000000002dc6c0", "hex");
    expect(parse(one(patchHeader(plain, 0, { 124: size, 108: uid })))[0]!.entry).toMatchObject({
      size: 3,
      uid: 3_000_000,
    });
    const before1970 = Buffer.from("fffffffffffffffffffffffa", "hex");
    expect(parse(one(patchHeader(plain, 0, { 136: before1970 })))[0]!.entry.mtime).toBe(-6);
  });

  it("old directories and files by their trailing slash", () => {
    expect(parse(one(rawEntry("d/", "\0")))[0]!.entry.type).toBe("folder");
    expect(parse(one(rawEntry("f", "\0")))[0]!.entry.type).toBe("file");
    expect(parse(one(rawEntry("d", "5", Buffer.alloc(0), 1000), rawEntry("f", "0"))).length).toBe(2);
  });

  it("paths in one normal form", () => {
    for (const [name, path] of [
      ["./a", "a"],
      ["/a", "a"],
      ["//a//b/", "a/b"],
      ["./././a/./b/.", "a/b"],
      ["C:\\x", "C:\\x"],
      ["\\x", "\\x"],
      ["a/.b..", "a/.b.."],
      ["...", "..."],
    ]) {
      expect(paths(one(rawEntry(name!, "5")))).toEqual([path]);
    }
    expect(paths(one(rawEntry("./", "5"), rawEntry(".", "5"), rawEntry("/", "5")))).toEqual(["", "", ""]);
  });

  it("an archive without its end blocks, or with one, or with many zeros after", () => {
    const body = rawEntry("f", "0", Buffer.from("x"));
    for (const tail of [0, 512, 1024, 10_240, 10_241])
      expect(paths(Buffer.concat([body, Buffer.alloc(tail)]))).toEqual(["f"]);
    expect(parse(Buffer.alloc(0))).toEqual([]);
  });

  it("a signed checksum, as Go does", () => {
    const tar = one(rawEntry("é", "0"));
    let sum = 0;
    for (let index = 0; index < 512; index++) sum += index >= 148 && index < 156 ? 32 : tar.readInt8(index);
    tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    expect(paths(tar)).toEqual(["é"]);
  });
});

const global = (key: string) => rawEntry("g", "g", paxRecord(key, "1"));
const long = (type: "L" | "K", text = "long\0") => rawEntry("././@LongLink", type, Buffer.from(text));

describe("TarParser refuses", () => {
  const plain = rawEntry("f", "0", Buffer.from("abc"));

  it.each([
    [
      "a wrong checksum",
      () => Buffer.concat([plain.subarray(0, 100), Buffer.from("9"), plain.subarray(101)]),
    ],
    ["a negative size", () => patchHeader(plain, 0, { 124: Buffer.alloc(12, 0xff) })],
    ["a size that is not octal", () => patchHeader(plain, 0, { 124: "00000000008\0" })],
    ["a size with a sign", () => patchHeader(plain, 0, { 124: "-0000000001\0" })],
    [
      "a size beyond 2^53",
      () => patchHeader(plain, 0, { 124: Buffer.from("800000000100000000000000", "hex") }),
    ],
    ["a negative uid", () => patchHeader(plain, 0, { 108: Buffer.alloc(8, 0xff) })],
    ["a uid above 32 bits", () => one(pax(paxRecord("uid", "4294967296")), plain)],
    ["a PAX size that is no number", () => one(pax(paxRecord("size", "1e3")), plain)],
    ["a negative PAX size", () => one(pax(paxRecord("size", "-1")), plain)],
    ["a PAX time that is no number", () => one(pax(paxRecord("mtime", "nan")), plain)],
    ["a PAX record with a wrong length", () => one(pax(Buffer.from("99 path=x\n")), plain)],
    ["a PAX record without a newline", () => one(pax(Buffer.from("9 path=xx")), plain)],
    ["a PAX record without a key", () => one(pax(Buffer.from("5 =x\n")), plain)],
    ["a PAX record without =", () => one(pax(Buffer.from("7 path\n")), plain)],
    ["A1: two PAX headers", () => one(pax(paxRecord("path", "a")), pax(paxRecord("mtime", "1")), plain)],
    ["A1: a PAX header and a global one", () => one(pax(paxRecord("path", "a")), global("comment"), plain)],
    ["A1: a global header that sets a path", () => one(global("path"), plain)],
    ["A1: a global header that sets an owner", () => one(global("uid"), plain)],
    ["A1: a global header that sets an attribute", () => one(global("SCHILY.xattr.user.x"), plain)],
    ["A2: a PAX path and a long name", () => one(long("L"), pax(paxRecord("path", "a")), plain)],
    ["A2: a long name and a PAX header", () => one(pax(paxRecord("mtime", "1")), long("L"), plain)],
    ["A4: two long names", () => one(long("L"), long("L"), plain)],
    ["A4: two long link targets", () => one(long("K"), long("K"), rawEntry("l", "2"))],
    ["A4: a NUL in a long name", () => one(long("L", "a\0b\0"), plain)],
    ["A4: an empty long name", () => one(long("L", "\0"), plain)],
    ["A4: uid 2^32-1, which is no owner", () => one(pax(paxRecord("uid", "4294967295")), plain)],
    ["A4: gid 2^32-1, which is no owner", () => one(pax(paxRecord("gid", "4294967295")), plain)],
    ["A4: a PAX size before another header", () => one(pax(paxRecord("size", "1")), long("L"), plain)],
    ["A4: a PAX size of a link", () => one(pax(paxRecord("size", "512")), rawEntry("l", "1"))],
    ["A4: an empty PAX path", () => one(pax(paxRecord("path", "")), plain)],
    ["A4: an empty PAX size", () => one(pax(paxRecord("size", "")), plain)],
    ["A4: a number behind a NUL", () => patchHeader(plain, 0, { 124: "\0" + "0000000003" + "\0" })],
    ["A4: a prefix in a header of GNU tar", () => patchHeader(plain, 0, { 257: "ustar  \0", 345: "p" })],
    ["A4: a prefix without a name", () => patchHeader(rawEntry("", "\0"), 0, { 345: "p" })],
    ["A4: an old directory with content", () => one(rawEntry("d/", "\0", Buffer.from("x")))],
    ["A4: a file or directory by its two names", () => one(long("L"), rawEntry("d/", "\0"))],
    ["an unknown type", () => one(rawEntry("f", "Z"))],
    ["an unfinished header", () => plain.subarray(0, 300)],
    ["an unfinished content", () => plain.subarray(0, 514)],
    ["an unfinished extended header", () => pax(paxRecord("path", "x")).subarray(0, 600)],
    ["an extended header of nothing", () => pax(paxRecord("path", "x"))],
    ["an extended header before the end", () => one(pax(paxRecord("path", "x")))],
    ["an extended header above 1 MiB", () => rawEntry("x", "x", Buffer.alloc(0), (1 << 20) + 1)],
    ["an entry after one zero block", () => Buffer.concat([plain, Buffer.alloc(512), plain])],
    ["garbage after the end", () => Buffer.concat([plain, END, Buffer.alloc(600), Buffer.from("g")])],
    ["an entry after the end", () => Buffer.concat([plain, END, plain])],
    [
      "a device that Linux does not have",
      () => one(patchHeader(rawEntry("d", "3"), 0, { 329: Buffer.from("8000010000000000", "hex") })),
    ],
    ["a symlink to nothing", () => one(rawEntry("l", "2"))],
    ["a file of text", () => Buffer.alloc(2000, "not a tar ")],
  ])("%s", (_, make) => {
    for (const size of [1, 511, 1 << 20]) expect(codeOf(() => parse(make(), size))).toBe("TAR_DAMAGED");
  });

  it.each([
    ["..", "0"],
    ["../../x", "0"],
    ["a/../../x", "0"],
    ["a/..", "5"],
    ["/..", "5"],
    [".", "2"],
    ["./", "0"],
    ["/", "1"],
    ["", "0"],
  ])("the path %j of type %s", (path, type) => {
    const linked = type === "1" || type === "2" ? [pax(paxRecord("linkpath", "x"))] : [];
    expect(code(one(...linked, rawEntry(path, type)))).toBe("TAR_PATH_UNSAFE");
  });

  it("hard links that lead out, and NULs in PAX names", () => {
    for (const target of ["../x", "a/../../x", "/"])
      expect(code(one(pax(paxRecord("linkpath", target)), rawEntry("l", "1")))).toBe("TAR_PATH_UNSAFE");
    expect(parse(one(pax(paxRecord("linkpath", "/abs/x")), rawEntry("l", "1")))[0]!.entry.linkname).toBe(
      "abs/x",
    );
    expect(code(one(pax(paxRecord("path", "a\0b")), plain))).toBe("TAR_PATH_UNSAFE");
    expect(code(one(pax(paxRecord("linkpath", "a\0b")), rawEntry("l", "2")))).toBe("TAR_PATH_UNSAFE");
  });

  it("sparse files, old and new", () => {
    expect(code(one(rawEntry("f", "S")))).toBe("SPARSE_UNSUPPORTED");
    expect(code(one(pax(paxRecord("GNU.sparse.major", "1")), plain))).toBe("SPARSE_UNSUPPORTED");
    const file = join(work, "holes");
    execFileSync("truncate", ["-s", "1M", file]);
    for (const options of [
      ["--format=gnu"],
      ["--format=posix", "--sparse-version=0.0"],
      ["--format=posix", "--sparse-version=1.0"],
    ]) {
      expect(code(execFileSync("tar", ["-S", ...options, "-C", work, "-cf", "-", "holes"]))).toBe(
        "SPARSE_UNSUPPORTED",
      );
    }
  });

  it("says where", () => {
    const good = rawEntry("f", "0", Buffer.alloc(700));
    expect(() => parse(one(good, rawEntry("a/../b", "0")))).toThrow(/the entry "a\/..\/b" at byte 1536/);
    expect(() => parse(Buffer.concat([good, Buffer.alloc(512, 7)]))).toThrow(
      /test\.tar is damaged at byte 1536: the checksum/,
    );
  });
});

describe("TarParser under fuzz", () => {
  const seeds = [
    tarOf([
      fileItem("a/b", "hello"),
      fileItem("é", Buffer.alloc(3000), { xattrs: { "user.x": Buffer.of(255) } }),
      { entry: entry({ path: "l", type: "symlink", linkname: "x" }) },
    ]),
    one(
      rawEntry("././@LongLink", "L", Buffer.from("n".repeat(300))),
      rawEntry("x", "0", Buffer.from("x")),
      pax(paxRecord("size", "5")),
      rawEntry("y", "0", Buffer.from("12345")),
    ),
  ];

  it("ends in entries or in a typed error, whatever is changed and however it is cut", () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      byte: fc.nat(255),
      fix: fc.boolean(),
    });
    const run = fc.property(
      fc.constantFrom(...seeds),
      fc.array(change, { maxLength: 6 }),
      fc.integer({ min: 1, max: 3000 }),
      fc.nat(3000),
      (seed, changes, size, cut) => {
        let tar: Buffer = Buffer.from(seed);
        for (const { at, byte, fix } of changes) {
          const index = Math.floor(at * tar.length);
          tar[index] = byte;
          // With the checksum right again what follows it is reached.
          if (fix) tar = patchHeader(tar, index - (index % 512), {});
        }
        const whole = codeOf(() => parse(tar));
        expect(whole).not.toMatch(/^untyped/);
        expect(codeOf(() => parse(tar, size))).toBe(whole);
        expect(codeOf(() => parse(tar.subarray(0, cut)))).not.toMatch(/^untyped/);
      },
    );
    fc.assert(run, { numRuns: 5000 });
  });

  it("takes random bytes without a crash", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000 }), (bytes) => {
        expect(codeOf(() => parse(Buffer.from(bytes)))).not.toMatch(/^untyped/);
      }),
      { numRuns: 2000 },
    );
  });
});
