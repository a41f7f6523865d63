import { execFileSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { gunzipSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encoderFor, parseCompression } from "../../../src/archive/compression.js";
import { decodeLayer } from "../../../src/archive/decode.js";
import { sampledEntropy, storedBlocks } from "../../../src/archive/gzip-encoder.js";
import { encodeAll, noise, prose } from "./encode-support.js";

const MIB = 1 << 20;
const blocks = [
  prose(MIB),
  noise(MIB),
  prose(MIB, 2),
  Buffer.alloc(MIB),
  prose(300_000, 3),
  noise(70_000),
  prose(1, 4),
  prose(MIB, 5),
  prose(MIB, 6),
];
const raw = Buffer.concat(blocks);

async function decoded(blob: Uint8Array): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of decodeLayer([blob], { archive: "x" })) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("parseCompression", () => {
  it("takes what the grammar has", () => {
    expect(parseCompression("gzip")).toEqual({ kind: "gzip", level: 6 });
    expect(parseCompression("gzip:1")).toEqual({ kind: "gzip", level: 1 });
    expect(parseCompression("zstd")).toEqual({ kind: "zstd", level: 3 });
    expect(parseCompression("zstd:19")).toEqual({ kind: "zstd", level: 19 });
    expect(parseCompression("none")).toEqual({ kind: "none", level: 0 });
  });

  it.each([
    "",
    "gzip:0",
    "gzip:10",
    "gzip:",
    "gzip:1.5",
    "GZIP",
    "zstd:20",
    "zstd:03",
    "none:1",
    "xz",
    "gzip:1\n",
  ])("refuses %j", (value) => {
    expect(() => parseCompression(value)).toThrow(
      expect.objectContaining({ code: "COMPRESSION_UNKNOWN", name: "DefinitionError" }),
    );
  });
});

describe.each(["gzip:1", "gzip:9", "zstd:3", "none"])("a %s block", (compression) => {
  it("comes out of its compressed bytes again, many at a time and after a failure", async () => {
    const encoder = encoderFor(compression);
    const session = encoder.open();
    const packed: Buffer[] = [];
    for (const block of blocks) packed.push(Buffer.from(await session.encode(block)));
    const unpack = async (at: number) => {
      const block = Buffer.alloc(blocks[at]!.length);
      await session.decode(packed[at]!, block);
      return block.equals(blocks[at]!);
    };
    for (let at = 0; at < blocks.length; at += encoder.parallel) {
      const some = blocks.map((_, index) => index).slice(at, at + encoder.parallel);
      expect(await Promise.all(some.map(unpack))).toEqual(some.map(() => true));
    }
    if (compression !== "none") {
      for (const size of [0, blocks[0]!.length - 1, blocks[0]!.length + 1]) {
        await expect(session.decode(packed[0]!, Buffer.alloc(size))).rejects.toThrow();
      }
      await expect(session.decode(noise(5000), Buffer.alloc(MIB))).rejects.toThrow();
    }
    await session.close();
  });
});

describe("gzip", () => {
  it.each([1, 6, 9])("level %i is one member that gzip takes, with a constant header", async (level) => {
    const blob = await encodeAll(encoderFor(`gzip:${level}`), blocks);
    expect(blob.subarray(0, 10).toString("hex")).toBe("1f8b08000000000000ff");
    expect(blob.readUInt32LE(blob.length - 4)).toBe(raw.length);
    execFileSync("gzip", ["-t"], { input: blob });
    expect(gunzipSync(blob).equals(raw)).toBe(true);
    expect((await decoded(blob)).equals(raw)).toBe(true);
    // One member: inflating the body alone ends at the trailer.
    expect(inflateRawSync(blob.subarray(10)).equals(raw)).toBe(true);
  });

  it("has the same bytes however many blocks are under way", async () => {
    const encoder = encoderFor("gzip:6");
    const alone = await encodeAll(encoder, blocks, false);
    for (let round = 0; round < 3; round++)
      expect((await encodeAll(encoder, blocks)).equals(alone)).toBe(true);
  });

  it("takes nothing at all", async () => {
    const blob = await encodeAll(encoderFor("gzip"), []);
    expect(gunzipSync(blob).length).toBe(0);
    execFileSync("gzip", ["-t"], { input: blob });
  });

  it("stores what does not shrink and nothing else", async () => {
    const [packed] = await Promise.all([encodeAll(encoderFor("gzip:1"), [noise(MIB)])]);
    expect(packed.length).toBe(10 + MIB + 17 * 5 + 2 + 8);
    expect(sampledEntropy(noise(MIB))).toBeGreaterThan(7.99);
    expect(sampledEntropy(prose(MIB))).toBeLessThan(6);
    expect(sampledEntropy(Buffer.alloc(MIB))).toBe(0);
    expect(sampledEntropy(Buffer.alloc(0))).toBe(0);
  });

  it("names all that its bytes depend on", () => {
    expect(encoderFor("gzip:1").id).toContain(`gzip:1;node-zlib/${process.versions.zlib}`);
    expect(
      new Set(["gzip:1", "gzip:6", "zstd", "zstd:1", "none"].map((name) => encoderFor(name).id)).size,
    ).toBe(5);
  });
});

describe("storedBlocks", () => {
  it("is deflate that any reader takes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200_000 }), (size) => {
        const bytes = randomFillSync(Buffer.alloc(size));
        expect(
          inflateRawSync(Buffer.concat([storedBlocks(bytes), Buffer.from("0300", "hex")])).equals(bytes),
        ).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe("zstd", () => {
  it.each([1, 3])("level %i is frames that zstd takes", async (level) => {
    const blob = await encodeAll(encoderFor(`zstd:${level}`), blocks);
    execFileSync("zstd", ["-tq"], { input: blob });
    expect((await decoded(blob)).equals(raw)).toBe(true);
    expect((await encodeAll(encoderFor(`zstd:${level}`), blocks, false)).equals(blob)).toBe(true);
  });
});
