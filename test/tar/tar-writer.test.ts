import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { extract } from "tar-stream";
import { afterAll, describe, expect, it } from "vitest";
import { encodeHeader } from "../../src/archive/entry-header.js";
import { tarBlocks } from "../../src/archive/tar-blocks.js";
import type { TarEntry, TarItem } from "../../src/archive/tar-entry.js";
import { TarParser } from "../../src/archive/tar-parser.js";
import { codeOf, entry, fileItem, parse, tarOf } from "./tar-support.js";

const work = mkdtempSync(join(tmpdir(), "lw-tar-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function gnuList(tar: Uint8Array): string[] {
  const output = execFileSync("tar", ["--numeric-owner", "--utc", "-tvf", "-"], {
    input: tar,
    env: { LC_ALL: "C.UTF-8" },
  });
  return output.toString().trimEnd().split("\n");
}

async function oracle(tar: Uint8Array): Promise<{ header: Record<string, unknown>; data: Buffer }[]> {
  const found: { header: Record<string, unknown>; data: Buffer }[] = [];
  const reader = extract();
  reader.end(tar);
  for await (const one of reader) {
    const pieces: Buffer[] = [];
    for await (const piece of one) pieces.push(piece as Buffer);
    found.push({ header: one.header as unknown as Record<string, unknown>, data: Buffer.concat(pieces) });
  }
  return found;
}

const bytesOf = (item: TarItem): Uint8Array =>
  item.content?.kind === "bytes" ? item.content.bytes : Buffer.alloc(0);

describe("the bytes of a header", () => {
  it("are these", () => {
    const header = encodeHeader(
      entry({ path: "bin/sh", mode: 0o4755, uid: 10, gid: 20, size: 123, mtime: 1_700_000_000 }),
    );
    const text = header.toString("latin1");
    expect(header.length).toBe(512);
    expect(text.slice(0, 100)).toBe(`bin/sh${"\0".repeat(94)}`);
    expect(text.slice(100, 148)).toBe("0004755\x000000012\x000000024\x0000000000173\x0014524770400\0");
    expect(text.slice(148, 157)).toBe("010375\0 0");
    expect(text.slice(257, 345)).toBe(`ustar\x0000${"\0".repeat(64)}0000000\x000000000\0`);
    expect(text.slice(345)).toBe("\0".repeat(167));
  });

  it("are these for a PAX header", () => {
    const header = encodeHeader(
      entry({ path: "é", uid: 3_000_000, xattrs: { "user.b": Buffer.of(0xff, 0), "user.a": Buffer.of(1) } }),
    );
    expect(header.length).toBe(1536);
    expect(header.toString("latin1", 0, 156)).toMatch(
      /^PaxHeaders\/entry\0{84}0000644\x000000000\x000000000\x0000000000[0-7]{3}\x0000000000000\0/,
    );
    expect(header[156]).toBe("x".charCodeAt(0));
    const body = Buffer.concat([
      Buffer.from("25 SCHILY.xattr.user.a="),
      Buffer.of(1, 10),
      Buffer.from("26 SCHILY.xattr.user.b="),
      Buffer.of(0xff, 0, 10),
      Buffer.from("11 path=é\n15 uid=3000000\n"),
    ]);
    expect(header.subarray(512, 512 + body.length)).toEqual(body);
    expect(parse(Buffer.concat([header, Buffer.alloc(1024)]))[0]!.entry).toMatchObject({
      path: "é",
      uid: 3_000_000,
    });
  });

  it("say 8 GiB in PAX and less in octal", () => {
    const most = 8 * 2 ** 30 - 1;
    expect(encodeHeader(entry({ path: "f", size: most })).toString("latin1", 124, 135)).toBe("77777777777");
    const header = encodeHeader(entry({ path: "f", size: most + 1 }));
    expect(header.length).toBe(1536);
    expect(header.toString("latin1", 512, 512 + 19)).toBe("19 size=8589934592\n");
    const sizes: number[] = [];
    new TarParser({ entry: (found) => sizes.push(found.size) }, "x").feed(header);
    expect(sizes).toEqual([most + 1]);
  });

  it.each([
    ["a".repeat(100), 512],
    ["a".repeat(101), 1536],
    [`${"d".repeat(100)}/${"f".repeat(100)}`, 512],
    [`${"d".repeat(155)}/${"f".repeat(100)}`, 512],
    [`${"d".repeat(156)}/${"f".repeat(90)}`, 1536],
    [`d/${"f".repeat(101)}`, 1536],
    ["über", 1536],
  ])("are %#: %s", async (path, length) => {
    for (const type of ["file", "folder"] as const) {
      const header = encodeHeader(entry({ path, type }));
      const tar = Buffer.concat([header, Buffer.alloc(1024)]);
      if (type === "file") expect(header.length).toBe(length);
      expect(parse(tar)[0]!.entry).toEqual(entry({ path, type }));
      expect((await oracle(tar))[0]!.header["name"]).toBe(type === "folder" ? `${path}/` : path);
      expect(gnuList(tar)[0]!.endsWith(` ${type === "folder" ? `${path}/` : path}`)).toBe(true);
    }
  });

  it("clamp times to what every reader holds", () => {
    const times = (mtime: number) => parse(tarOf([{ entry: entry({ path: "f", mtime }) }]))[0]!.entry.mtime;
    expect([times(-5.5), times(1.9), times(99_999_999_999)]).toEqual([0, 1, 0o77777777777]);
    expect(codeOf(() => times(Number.NaN))).toBe("ENTRY_UNWRITABLE");
  });

  it("refuse what cannot be in a layer", () => {
    const refuse = (changes: Partial<TarEntry> & { path: string }) =>
      codeOf(() => encodeHeader(entry(changes)));
    for (const path of ["", "/a", "a/", "a//b", "./a", "a/..", "..", "a\0b"])
      expect([path, refuse({ path })]).toEqual([path, "ENTRY_UNWRITABLE"]);
    expect(refuse({ path: "", type: "folder" })).toBe("accepted");
    expect(refuse({ path: "a..b/.c/..d/e." })).toBe("accepted");
    expect(refuse({ path: "a".repeat(255) })).toBe("accepted");
    expect(refuse({ path: "a".repeat(256) })).toBe("PATH_TOO_LONG");
    expect(refuse({ path: "é".repeat(128) })).toBe("PATH_TOO_LONG");
    expect(refuse({ path: `${"ab/".repeat(1365)}c` })).toBe("PATH_TOO_LONG");
    expect(refuse({ path: `${"a/".repeat(1024)}b` })).toBe("PATH_TOO_LONG");
    expect(refuse({ path: `${"a/".repeat(1023)}b` })).toBe("accepted");
    expect(refuse({ path: "f", mode: 0o10000 })).toBe("ENTRY_UNWRITABLE");
    expect(refuse({ path: "f", uid: -1 })).toBe("ENTRY_UNWRITABLE");
    expect(refuse({ path: "f", gid: 1.5 })).toBe("ENTRY_UNWRITABLE");
    expect(refuse({ path: "l", type: "symlink", linkname: "" })).toBe("ENTRY_UNWRITABLE");
    expect(refuse({ path: "l", type: "symlink", linkname: "../../x" })).toBe("accepted");
    expect(refuse({ path: "l", type: "hardlink", linkname: "../x" })).toBe("ENTRY_UNWRITABLE");
    expect(refuse({ path: "d", type: "block-device", devmajor: 4096 })).toBe("ENTRY_UNWRITABLE");
    expect(refuse({ path: "f", xattrs: { "user.x": Buffer.alloc(0) } })).toBe("ENTRY_UNWRITABLE");
    expect(refuse({ path: "f", xattrs: { "user=x": Buffer.of(1) } })).toBe("ENTRY_UNWRITABLE");
  });
});

describe("tarBlocks", () => {
  it("writes every kind of entry so that GNU tar and tar-stream read it", async () => {
    const capability = Buffer.from("0100000200040000000000000000000000000080", "hex");
    const items: TarItem[] = [
      { entry: entry({ path: "", type: "folder", mode: 0o755 }) },
      { entry: entry({ path: "dev", type: "folder", mode: 0o1777 }) },
      { entry: entry({ path: "dev/null", type: "character-device", devmajor: 1, devminor: 3, mode: 0o666 }) },
      { entry: entry({ path: "dev/sda", type: "block-device", devmajor: 8, devminor: 0 }) },
      { entry: entry({ path: "dev/pipe", type: "fifo" }) },
      fileItem("bin/ping", "ping", { mode: 0o4755, xattrs: { "security.capability": capability } }),
      { entry: entry({ path: "bin/ping6", type: "hardlink", linkname: "bin/ping" }) },
      { entry: entry({ path: "bin/p", type: "symlink", linkname: `../${"t".repeat(200)}` }) },
      fileItem("file name\n", "", { uid: 70_000, gid: 3_000_000 }),
    ];
    const tar = tarOf(items);
    expect(parse(tar).map((seen) => ({ ...seen.entry, xattrs: undefined }))).toEqual(
      items.map((item) => ({ ...item.entry, xattrs: undefined })),
    );
    expect(parse(tar)[5]!.entry.xattrs!["security.capability"]).toEqual(Uint8Array.from(capability));
    expect(
      gnuList(tar)
        .map((line) => line.slice(0, 10))
        .join(" "),
    ).toBe(
      "drwxr-xr-x drwxrwxrwt crw-rw-rw- brw-r--r-- prw-r--r-- -rwsr-xr-x hrw-r--r-- lrw-r--r-- -rw-r--r--",
    );
    expect((await oracle(tar)).map((one) => one.header["name"])).toEqual([
      "./",
      "dev/",
      "dev/null",
      "dev/sda",
      "dev/pipe",
      "bin/ping",
      "bin/ping6",
      "bin/p",
      "file name\n",
    ]);
    expect(tar.subarray(-1024).every((byte) => byte === 0)).toBe(true);
    expect(tar.subarray(-1536, -1024).every((byte) => byte === 0)).toBe(false);
  });

  it("round-trips any entries, whatever sizes meet the ends of blocks", async () => {
    const size = fc.oneof(
      fc.nat(2000),
      fc.integer({ min: 500_000, max: 540_000 }),
      fc.integer({ min: 1_040_000, max: 2_100_000 }),
    );
    const name = fc
      .string({ unit: fc.constantFrom(..."abcXYZ019.-é💀"), minLength: 1, maxLength: 60 })
      .filter((text) => text !== "." && text !== "..");
    const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ path, size, uid: fc.nat(4_000_000), mtime: fc.nat(2 ** 33 - 1) }), {
          maxLength: 12,
        }),
        async (files) => {
          const items = files.map((file, index) =>
            fileItem(file.path, Buffer.alloc(file.size, index + 1), { uid: file.uid, mtime: file.mtime }),
          );
          const tar = tarOf(items);
          const seen = parse(tar, 100_003);
          expect(seen.map((one) => one.entry)).toEqual(items.map((item) => item.entry));
          for (const [index, one] of seen.entries()) {
            const bytes = bytesOf(items[index]!);
            expect(one.data.equals(bytes)).toBe(true);
            expect(tar.subarray(one.position.data, one.position.data + bytes.length).equals(bytes)).toBe(
              true,
            );
          }
          const other = await oracle(tar);
          expect(other.map((one) => one.header["name"])).toEqual(files.map((file) => file.path));
          expect(other.every((one, index) => one.data.equals(seen[index]!.data))).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("comes back to the same blocks after a file that grew", () => {
    const tree = (grown: number) =>
      Array.from({ length: 3000 }, (_, index) =>
        fileItem(`lib/module-${index}/index.js`, Buffer.alloc(4000 + (index === 700 ? grown : 0), index)),
      );
    const hashes = (grown: number) =>
      [...tarBlocks(tree(grown))].map((block) => createHash("sha256").update(block).digest("hex"));
    const before = new Set(hashes(0));
    const after = hashes(5000);
    expect(after.length).toBeGreaterThan(12);
    expect(after.filter((hash) => !before.has(hash)).length).toBeLessThanOrEqual(4);
  });

  it("keeps names that are not UTF-8", () => {
    const path = "caf\udce9/\udcff";
    const tar = tarOf([fileItem(path, "x")]);
    expect(tar.includes(Buffer.from("path=caf\xe9/\xff\n", "latin1"))).toBe(true);
    expect(parse(tar)[0]!.entry.path).toBe(path);
    mkdirSync(join(work, "latin"));
    execFileSync("tar", ["-xf", "-", "-C", join(work, "latin")], { input: tar });
    expect(
      execFileSync("find", [join(work, "latin"), "-type", "f"]).includes(
        Buffer.from("caf\xe9/\xff", "latin1"),
      ),
    ).toBe(true);
  });
});

describe("contents from the host", () => {
  const guardOf = (path: string) => {
    const { ino, dev, mtimeMs, size } = statSync(path);
    return { ino, dev, mtimeMs, size };
  };
  const listed = (name: string, size: number): { path: string; item: TarItem } => {
    const path = join(work, name);
    writeFileSync(path, Buffer.alloc(size, "x"));
    return {
      path,
      item: { entry: entry({ path: name, size }), content: { kind: "file", path, guard: guardOf(path) } },
    };
  };

  it.each([1, 511, 512, 513, 1_047_552, 1_048_576, 3_000_000])("are read whole at %i bytes", (size) => {
    const { path, item } = listed(`whole-${size}`, size);
    expect(parse(tarOf([item]))[0]!.data.equals(Buffer.alloc(size, "x"))).toBe(true);
    const other: TarItem = { entry: item.entry, content: { kind: "file", path: Buffer.from(path) } };
    expect(tarOf([other]).equals(tarOf([item]))).toBe(true);
  });

  it.each([300, 512, 2_000_000])("of %i bytes that changed are FILE_CHANGED", (size) => {
    const run = (name: string, change: (path: string) => void) => {
      const { path, item } = listed(`${name}-${size}`, size);
      change(path);
      return codeOf(() => tarOf([item]));
    };
    expect(run("same", () => {})).toBe("accepted");
    expect(run("grown", (path) => appendFileSync(path, "y"))).toBe("FILE_CHANGED");
    expect(run("shrunk", (path) => writeFileSync(path, "y"))).toBe("FILE_CHANGED");
    expect(run("gone", (path) => unlinkSync(path))).toBe("FILE_CHANGED");
    const replace = (path: string) => {
      writeFileSync(`${path}.new`, Buffer.alloc(size, "y"));
      renameSync(`${path}.new`, path);
    };
    expect(run("replaced", replace)).toBe("FILE_CHANGED");
    const link = (path: string) => {
      renameSync(path, `${path}.real`);
      symlinkSync(`${path}.real`, path);
    };
    expect(run("linked", link)).toBe("FILE_CHANGED");
    const fifo = (path: string) => {
      unlinkSync(path);
      execFileSync("mkfifo", [path]);
    };
    expect(run("fifo", fifo)).toBe("FILE_CHANGED");
  });

  it("notice a file that grew without a guard", () => {
    const { path, item } = listed("unguarded", 100);
    appendFileSync(path, "y");
    expect(codeOf(() => tarOf([{ entry: item.entry, content: { kind: "file", path } }]))).toBe(
      "FILE_CHANGED",
    );
  });

  it("are taken from ranges of one file", () => {
    const path = join(work, "ranges");
    writeFileSync(path, Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251)));
    const range = (offset: number, size: number): TarItem => ({
      entry: entry({ path: `r${offset}`, size }),
      content: { kind: "range", path, offset },
    });
    const seen = parse(tarOf([range(0, 10), range(500, 500), range(3, 600)]));
    expect(seen[1]!.data[0]).toBe(500 % 251);
    expect(seen[2]!.data.length).toBe(600);
    expect(codeOf(() => tarOf([range(500, 501)]))).toBe("FILE_CHANGED");
  });

  it("must have the size that the entry says", () => {
    expect(
      codeOf(() =>
        tarOf([
          { entry: entry({ path: "f", size: 3 }), content: { kind: "bytes", bytes: Buffer.from("four") } },
        ]),
      ),
    ).toBe("ENTRY_UNWRITABLE");
    expect(codeOf(() => tarOf([{ entry: entry({ path: "f", size: 3 }) }]))).toBe("ENTRY_UNWRITABLE");
  });
});
