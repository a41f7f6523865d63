import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeLayer, sniffEncoding } from "../../../src/archive/decode.js";
import { loadWasmZstd } from "../../../src/archive/wasm-zstd.js";

const text = Buffer.from("hello layer ".repeat(40_000));
const noise = randomBytes(300_000);

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

async function decode(bytes: Uint8Array, size = 65_536, limits = {}): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of decodeLayer(cut(bytes, size), { archive: "x", ...limits })) pieces.push(piece);
  return Buffer.concat(pieces);
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    (error) => error.code as string,
  );

function zstd(bytes: Uint8Array, ...options: string[]): Buffer {
  return execFileSync("zstd", ["-c", ...options], {
    input: bytes,
    maxBuffer: 2 ** 28,
    stdio: ["pipe", "pipe", "ignore"],
  });
}

function skippable(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a53, 0);
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

describe("decodeLayer", () => {
  it("tells the kind by the first bytes", () => {
    expect(sniffEncoding(gzipSync(""))).toBe("gzip");
    expect(sniffEncoding(Buffer.from("28b52ffd", "hex"))).toBe("zstd");
    expect(sniffEncoding(skippable(text))).toBe("zstd");
    expect(sniffEncoding(Buffer.from("etc/passwd"))).toBe("none");
    expect(sniffEncoding(Buffer.alloc(0))).toBe("none");
  });

  it.each([1, 3, 100, 65_536, 1 << 24])("passes a plain tar on, in pieces of %i", async (size) => {
    const bytes = size < 100 ? text.subarray(0, 2000) : text;
    expect((await decode(bytes, size)).equals(bytes)).toBe(true);
    expect((await decode(Buffer.alloc(0), size)).equals(Buffer.alloc(0))).toBe(true);
  });

  it.each([1, 7, 1000, 65_536, 1 << 24])(
    "unpacks gzip of several members with NULs after them, in pieces of %i",
    async (size) => {
      const members = [
        gzipSync(text.subarray(0, 5000)),
        gzipSync(""),
        gzipSync(noise.subarray(0, 3000)),
        gzipSync(text.subarray(0, 10)),
      ];
      const whole = Buffer.concat([text.subarray(0, 5000), noise.subarray(0, 3000), text.subarray(0, 10)]);
      expect((await decode(Buffer.concat(members), size)).equals(whole)).toBe(true);
      expect((await decode(Buffer.concat([...members, Buffer.alloc(1500)]), size)).equals(whole)).toBe(true);
    },
  );

  it.each([1, 7, 1000, 1 << 24])("refuses damaged gzip, in pieces of %i", async (size) => {
    const good = gzipSync(noise.subarray(0, 4000));
    expect(await codeOf(decode(good.subarray(0, good.length - 1), size))).toBe("COMPRESSION_DAMAGED");
    expect(await codeOf(decode(good.subarray(0, 12), size))).toBe("COMPRESSION_DAMAGED");
    expect(await codeOf(decode(Buffer.concat([good, Buffer.from("garbage")]), size))).toBe(
      "COMPRESSION_DAMAGED",
    );
    expect(await codeOf(decode(Buffer.concat([good, Buffer.alloc(600), Buffer.from("g")]), size))).toBe(
      "COMPRESSION_DAMAGED",
    );
    expect(await codeOf(decode(Buffer.concat([good, good.subarray(0, 5)]), size))).toBe(
      "COMPRESSION_DAMAGED",
    );
    const wrong = Buffer.from(good);
    wrong[wrong.length - 6]! ^= 1;
    expect(await codeOf(decode(wrong, size))).toBe("COMPRESSION_DAMAGED");
  });

  it.each([1, 7, 1000, 65_536, 1 << 24])(
    "unpacks zstd of every frame kind, in pieces of %i",
    async (size) => {
      const part =
        size < 1000
          ? Buffer.concat([text.subarray(0, 20_000), noise.subarray(0, 5000)])
          : Buffer.concat([text, noise, text]);
      const codec = await loadWasmZstd();
      const frames = [
        skippable(Buffer.from("lead")),
        zstd(part),
        skippable(Buffer.alloc(0)),
        zstd(part, "--no-check", "-15"),
        Buffer.from(codec.compress(part, 3)),
        zstd(Buffer.alloc(0)),
        zstd(Buffer.alloc(200_000)),
        skippable(Buffer.alloc(70_000, 7)),
      ];
      expect(
        (await decode(Buffer.concat(frames), size)).equals(
          Buffer.concat([part, part, part, Buffer.alloc(200_000)]),
        ),
      ).toBe(true);
    },
  );

  it("streams a frame too large for one go", async () => {
    const big = Buffer.concat([...Array(12).fill(text), ...Array(20).fill(noise)]);
    const codec = await loadWasmZstd();
    expect((await decode(Buffer.from(codec.compress(big, 3)))).equals(big)).toBe(true);
    expect((await decode(zstd(big, "--long=24"))).equals(big)).toBe(true);
  });

  it.each([1, 7, 1000, 1 << 24])("refuses damaged zstd, in pieces of %i", async (size) => {
    for (const good of [
      zstd(noise.subarray(0, 4000)),
      Buffer.from((await loadWasmZstd()).compress(noise.subarray(0, 4000), 3)),
    ]) {
      for (const bytes of [
        good.subarray(0, good.length - 1),
        good.subarray(0, 7),
        Buffer.concat([good, Buffer.alloc(5)]),
        Buffer.concat([good, Buffer.from("garbage")]),
      ]) {
        expect(await codeOf(decode(bytes, size))).toBe("COMPRESSION_DAMAGED");
      }
    }
  });

  it("refuses a zstd window above 128 MiB and dictionaries", async () => {
    const window = Buffer.from(`28b52ffd00${((28 - 10) << 3).toString(16)}010000`, "hex");
    expect(await codeOf(decode(window))).toBe("COMPRESSION_UNSUPPORTED");
    const dictionary = Buffer.from("28b52ffd2107" + "00" + "010000", "hex");
    expect(await codeOf(decode(dictionary))).toBe("COMPRESSION_UNSUPPORTED");
  });

  it("stops bombs", async () => {
    const zeros = gzipSync(Buffer.alloc(1 << 22));
    expect(await codeOf(decode(zeros, 65_536, { maxSize: 1 << 20 }))).toBe("DECOMPRESSED_TOO_LARGE");
    async function* bomb() {
      for (let count = 0; count < 400; count++) yield zeros;
    }
    let unpacked = 0;
    const run = async () => {
      for await (const piece of decodeLayer(bomb(), { archive: "x", maxRatio: 500 }))
        unpacked += piece.length;
    };
    expect(await codeOf(run())).toBe("DECOMPRESSED_TOO_LARGE");
    expect(unpacked).toBeLessThan(1.1 * 2 ** 30);
  });

  it("passes on the error of its input and lets the reader stop early", async () => {
    async function* failing() {
      yield gzipSync(noise).subarray(0, 1000);
      throw new Error("network");
    }
    const run = async () => {
      for await (const _ of decodeLayer(failing(), { archive: "x" }));
    };
    await expect(run()).rejects.toThrow("network");
    let closed = false;
    async function* endless() {
      try {
        for (;;) yield gzipSync(text);
      } finally {
        closed = true;
      }
    }
    for await (const _ of decodeLayer(endless(), { archive: "x" })) break;
    expect(closed).toBe(true);
  });
});
