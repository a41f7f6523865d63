import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { encoderFor } from "../../../src/archive/compression.js";
import { PreviousBlob, PreviousDamaged, packLayer } from "../../../src/archive/pack-layer.js";
import { layBlocks } from "../../../src/archive/tar-blocks.js";
import type { TarItem } from "../../../src/archive/tar-entry.js";
import { entry, fileItem, tarOf } from "../../tar/tar-support.js";
import { noise, prose } from "../encode/encode-support.js";
import { MemoryWriter } from "./pack-support.js";

const blockKey = "00112233445566778899aabbccddeeff";
const work = mkdtempSync(join(tmpdir(), "lw-pack-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const asset = noise(2_500_000);
function tree(grown = 0): TarItem[] {
  const items: TarItem[] = [fileItem("asset.zip", asset)];
  for (let index = 0; index < 800; index++) {
    items.push(
      fileItem(
        `lib/${String(index).padStart(4, "0")}/index.js`,
        prose(9000 + (index === 300 ? grown : 0), index),
      ),
    );
  }
  return items;
}

async function pack(items: Iterable<TarItem>, compression: string, options = {}) {
  const writer = new MemoryWriter();
  const layer = await packLayer([...items], { encoder: encoderFor(compression), writer, ...options });
  return { layer, writer, bytes: writer.bytes };
}

const partsOf = (bytes: Buffer) => ({
  read: (target: Uint8Array, offset: number) => bytes.copy(target, 0, offset),
});

const sha = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

describe("packLayer", () => {
  it.each(["none", "gzip:1", "gzip:6", "zstd"])("makes the blob of a %s layer", async (compression) => {
    const tar = tarOf(tree());
    const progress: number[] = [];
    const { layer, writer, bytes } = await pack(tree(), compression, {
      onProgress: (size: number) => progress.push(size),
    });
    expect(writer.state).toBe("committed");
    expect(layer).toMatchObject({
      diffId: sha(tar),
      digest: sha(bytes),
      size: bytes.length,
      uncompressedSize: tar.length,
      blocks: [],
      reusedSize: 0,
    });
    expect(progress.at(-1)).toBe(tar.length);
    if (compression === "none") expect(bytes.equals(tar)).toBe(true);
    if (compression.startsWith("gzip")) expect(gunzipSync(bytes).equals(tar)).toBe(true);
    if (compression === "zstd")
      expect(execFileSync("zstd", ["-dc"], { input: bytes, maxBuffer: 2 ** 26 }).equals(tar)).toBe(true);
    expect((await pack(tree(), compression)).layer.digest).toBe(layer.digest);
  });

  it("packs an empty layer", async () => {
    const { layer } = await pack([], "gzip");
    expect(layer.uncompressedSize).toBe(1024);
    expect(layer.diffId).toBe(sha(Buffer.alloc(1024)));
  });

  it.each(["gzip:1", "zstd"])(
    "uses the blocks of an earlier %s blob again, with the bytes of a cold build",
    async (compression) => {
      const first = await pack(tree(), compression, { blockKey });
      expect(first.layer.blocks.length).toBeGreaterThan(8);
      const cold = await pack(tree(5000), compression);
      const previous = new PreviousBlob(partsOf(first.bytes), blockKey, first.layer.blocks);
      const warm = await pack(tree(5000), compression, { previous });
      expect(warm.bytes.equals(cold.bytes)).toBe(true);
      expect(warm.layer.reusedSize).toBeGreaterThan(0.7 * first.layer.size);
      expect(warm.layer.blocks.length).toBeGreaterThan(8);
    },
  );

  it("compresses again what a damaged, cut or missing earlier blob cannot give", async () => {
    const first = await pack(tree(), "gzip:1", { blockKey });
    const damaged = Buffer.from(first.bytes);
    for (let at = 20; at < damaged.length; at += 100_000) damaged[at]! ^= 1;
    for (const left of [damaged.subarray(0, damaged.length - 400_000), Buffer.alloc(0)]) {
      const previous = new PreviousBlob(partsOf(left), blockKey, first.layer.blocks);
      const again = await pack(tree(), "gzip:1", { previous });
      expect(again.bytes.equals(first.bytes)).toBe(true);
      expect(again.layer.reusedSize).toBeLessThan(0.2 * first.layer.size);
    }
  });

  describe.each(["gzip:1", "zstd"])("with stamps of its %s blocks", (compression) => {
    const stamped = (items: readonly TarItem[]) =>
      Array.from(layBlocks(items), (span, index) => ({ span, stamp: `s${index}` }));

    it("takes them out of the earlier blob, and opens no file", async () => {
      const items = tree();
      const layout = stamped(items);
      const first = await pack(items, compression, { blockKey, layout });
      const previous = new PreviousBlob(partsOf(first.bytes), blockKey, first.layer.blocks);
      const gone = items.map(({ entry }) => ({ entry, content: { kind: "file", path: "/gone" } as const }));
      const again = await pack(gone, compression, { previous, layout });
      expect(again.layer).toEqual({ ...first.layer, reusedSize: expect.any(Number) });
      expect(again.bytes.equals(first.bytes)).toBe(true);
      await expect(pack(gone, compression, { previous })).rejects.toMatchObject({ code: "FILE_CHANGED" });
    });

    it("mixes blocks of both kinds in the order of the tar", async () => {
      const [before, after] = [tree(), tree(5000)];
      const first = await pack(before, compression, { blockKey, layout: stamped(before) });
      const previous = new PreviousBlob(partsOf(first.bytes), blockKey, first.layer.blocks);
      // Only every other block is known by its stamp, and one where the changed file is must not be.
      const layout = stamped(after).map((one, at) => (at % 2 === 0 && at < 4 ? one : { span: one.span }));
      const warm = await pack(after, compression, { previous, layout });
      const cold = await pack(after, compression);
      expect(warm.bytes.equals(cold.bytes)).toBe(true);
      expect(warm.layer.diffId).toBe(cold.layer.diffId);
    });

    it("ends with PreviousDamaged where blocks cannot be unpacked, with no failure that nobody catches", async () => {
      const items = tree();
      const layout = stamped(items);
      const first = await pack(items, compression, { blockKey, layout });
      const garbage = noise(first.bytes.length);
      const blocks = first.layer.blocks.map((block) => {
        const { offset, size } = block;
        return { ...block, crc: crc32(garbage.subarray(offset, offset + size)) };
      });
      const uncaught: unknown[] = [];
      const note = (reason: unknown) => uncaught.push(reason);
      process.on("unhandledRejection", note);
      try {
        const previous = new PreviousBlob(partsOf(garbage), blockKey, blocks);
        await expect(pack(items, compression, { previous, layout })).rejects.toBeInstanceOf(PreviousDamaged);
        await new Promise((resolve) => setTimeout(resolve, 50));
      } finally {
        process.off("unhandledRejection", note);
      }
      expect(uncaught).toEqual([]);
    });

    it("ends with PreviousDamaged where a block is another than was recorded, and leaves nothing", async () => {
      const items = tree();
      const layout = stamped(items);
      const first = await pack(items, compression, { blockKey, layout });
      const blocks = first.layer.blocks.map((block, at) =>
        at === 3 ? { ...block, tag: "0".repeat(32) } : block,
      );
      const previous = new PreviousBlob(partsOf(first.bytes), blockKey, blocks);
      const writer = new MemoryWriter();
      const options = { encoder: encoderFor(compression), writer, previous, layout };
      await expect(packLayer(items, options)).rejects.toBeInstanceOf(PreviousDamaged);
      expect(writer.state).toBe("discarded");
    });
  });

  it.each(["none", "gzip:6", "zstd"])(
    "leaves nothing of a %s layer when a file changes",
    async (compression) => {
      const path = join(work, `changing-${compression}`);
      writeFileSync(path, "first");
      const { ino, dev, mtimeMs, size } = statSync(path);
      appendFileSync(path, "more");
      const items = [
        ...tree(),
        {
          entry: entry({ path: "z", size }),
          content: { kind: "file", path, guard: { ino, dev, mtimeMs, size } },
        } as const,
      ];
      const writer = new MemoryWriter();
      const packing = packLayer(items, { encoder: encoderFor(compression), writer });
      await expect(packing).rejects.toMatchObject({ code: "FILE_CHANGED", subject: path });
      expect(writer.state).toBe("discarded");
    },
  );

  it("passes on what the writer throws", async () => {
    const writer = new MemoryWriter();
    let left = 5;
    writer.write = () => {
      if (left-- === 0) throw new Error("disk full");
    };
    await expect(packLayer(tree(), { encoder: encoderFor("gzip:1"), writer })).rejects.toThrow("disk full");
    expect(writer.state).toBe("discarded");
  });
});
