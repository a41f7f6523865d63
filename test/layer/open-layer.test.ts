import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryBlobStore } from "../../src/adapters/store-memory/memory-blob-store.js";
import {
  fromIndexRecord,
  indexLayer,
  LAYER_INDEX_KIND,
  toIndexRecord,
} from "../../src/archive/layer-index.js";
import { openLayer } from "../../src/archive/open-layer.js";
import { tarBlocks } from "../../src/archive/tar-blocks.js";
import { digestOf } from "../../src/oci/digest.js";
import { mediaType } from "../../src/oci/manifest.js";
import type { BaseLayer } from "../../src/ports/base-source.js";
import { openBase } from "../../src/rootfs/base-tree.js";
import { flattenTree, toTarItems } from "../../src/rootfs/entries.js";
import { readFileNode } from "../../src/rootfs/read-node.js";
import type { FileNode } from "../../src/rootfs/tree.js";
import { lookup } from "../../src/rootfs/tree.js";
import { layerTar, tarOf } from "../adapters/image-fixture.js";
import { tempFolder } from "../adapters/temp-folder.js";
import { anyTree, indexOfItems } from "./random-trees.js";

/** A gzip layer that counts how often its blob is read. */
function zipped(tar: Buffer, diffId = digestOf(tar)): BaseLayer & { reads: number } {
  const bytes = gzipSync(tar);
  return {
    reads: 0,
    diffId,
    encoding: "gzip",
    descriptor: { mediaType: mediaType.ociLayerGzip, digest: digestOf(bytes), size: bytes.length },
    async *blob() {
      this.reads++;
      yield bytes;
    },
  };
}

function plain(
  tar: Buffer,
  before = 0,
): BaseLayer & { reads: number; plain: { path: string; offset: number } } {
  const path = join(tempFolder(), "layer.tar");
  writeFileSync(path, Buffer.concat([Buffer.alloc(before, 1), tar]));
  return {
    reads: 0,
    diffId: digestOf(tar),
    encoding: "none",
    descriptor: { mediaType: mediaType.ociLayer, digest: digestOf(tar), size: tar.length },
    async *blob() {
      this.reads++;
      const bytes = readFileSync(path).subarray(before);
      yield bytes;
      if (digestOf(bytes) !== digestOf(tar)) throw new Error("not the layer any more");
    },
    plain: { path, offset: before },
  };
}

async function text(tree: Parameters<typeof lookup>[0], path: string): Promise<string> {
  return Buffer.from(await readFileNode(lookup(tree, path) as FileNode)).toString();
}

describe("opening a layer", () => {
  it("reads it once for its index, and never again while the store knows it", async () => {
    const store = new MemoryBlobStore();
    const layer = zipped(layerTar("etc/motd", "hello"));
    const first = await openLayer(layer, store);
    const second = await openLayer(layer, store);
    expect(layer.reads).toBe(1);
    expect(second.index).toEqual(first.index);
    expect(first.index.entries[0]).toMatchObject({ offset: 512, entry: { path: "etc/motd", size: 5 } });
    await first.close();
    await second.close();
  });

  it("unpacks it once when bytes are needed, into a file that close removes", async () => {
    const store = new MemoryBlobStore();
    const layer = zipped(layerTar("etc/motd", "hello"));
    const base = await openBase([layer], store);
    expect(layer.reads).toBe(1);
    expect(await Promise.all([text(base.tree, "etc/motd"), text(base.tree, "etc/motd")])).toEqual([
      "hello",
      "hello",
    ]);
    expect(layer.reads).toBe(2);
    const { path } = await base.layers[0]!.bytes.spool();
    expect(statSync(path).size).toBe(base.layers[0]!.index.size);
    await base.close();
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  it("unpacks it while it is indexed when the bytes are said to be needed", async () => {
    const layer = zipped(layerTar("etc/motd", "hello"));
    const base = await openBase([layer], new MemoryBlobStore(), { spool: true });
    expect(await text(base.tree, "etc/motd")).toBe("hello");
    expect(layer.reads).toBe(1);
    await base.close();
  });

  it("reads a plain tar where it lies, and notices when it is another one", async () => {
    const store = new MemoryBlobStore();
    const layer = plain(layerTar("etc/motd", "hello"), 1000);
    const first = await openBase([layer], store);
    expect(await text(first.tree, "etc/motd")).toBe("hello");
    const second = await openBase([layer], store);
    expect(await text(second.tree, "etc/motd")).toBe("hello");
    expect(layer.reads).toBe(1);
    const bytes = readFileSync(layer.plain.path);
    writeFileSync(layer.plain.path, bytes.fill("J", 1512, 1513));
    const third = await openBase([layer], store);
    await expect(text(third.tree, "etc/motd")).rejects.toThrow("not the layer any more");
  });

  it("refuses bytes that are not the diff_id's, a damaged stream, another compression", async () => {
    const store = new MemoryBlobStore();
    const wrong = zipped(layerTar("a"), digestOf("other"));
    await expect(openLayer(wrong, store)).rejects.toMatchObject({ code: "DIFF_ID_WRONG" });
    expect(await store.getRecord(LAYER_INDEX_KIND, wrong.diffId)).toBeUndefined();
    const zip = gzipSync(layerTar("a"));
    const cut: BaseLayer = {
      ...zipped(layerTar("a")),
      async *blob() {
        yield zip.subarray(0, -10);
      },
    };
    await expect(openLayer(cut, store)).rejects.toMatchObject({ code: "COMPRESSION_DAMAGED" });
    const lie: BaseLayer = {
      ...zipped(layerTar("a")),
      async *blob() {
        yield layerTar("a");
      },
    };
    await expect(openLayer(lie, store)).rejects.toMatchObject({ code: "LAYER_ENCODING_WRONG" });
    const noTar = Buffer.alloc(600, "x");
    await expect(openLayer(zipped(noTar), store)).rejects.toMatchObject({ code: "TAR_DAMAGED" });
  });

  it("makes the index again when the record is of no use", async () => {
    for (const record of [
      null,
      5,
      {},
      { types: "f" },
      { ...toIndexRecord(await indexOf(layerTar("a"))), types: "?" },
    ]) {
      const store = new MemoryBlobStore();
      const layer = zipped(layerTar("a"));
      await store.putRecord(LAYER_INDEX_KIND, layer.diffId, record);
      expect((await openLayer(layer, store)).index.entries.length).toBe(1);
      expect(layer.reads).toBe(1);
    }
  });

  it("opens many layers side by side, in their order", async () => {
    const layers = Array.from({ length: 9 }, (_, at) => zipped(layerTar("same", `layer ${at}`)));
    const base = await openBase(layers, new MemoryBlobStore());
    expect(await text(base.tree, "same")).toBe("layer 8");
    expect(base.layers.map((layer) => layer.index.diffId)).toEqual(layers.map((layer) => layer.diffId));
    await base.close();
    const broken = [...layers.slice(0, 4), zipped(layerTar("x"), digestOf("y"))];
    await expect(openBase(broken, new MemoryBlobStore())).rejects.toMatchObject({ code: "DIFF_ID_WRONG" });
  });

  it("gives items that pack into the same bytes again", async () => {
    const entry = (path: string, size: number) =>
      ({ type: "file", path, mode: 0o600, uid: 1, gid: 2, size, mtime: 0 }) as const;
    const tar = tarOf([
      { entry: entry("a", 3), content: { kind: "bytes", bytes: Buffer.from("abc") } },
      { entry: entry("empty", 0) },
      { entry: { ...entry("link", 0), type: "hardlink", linkname: "a" } },
      { entry: entry("z", 2_000_000), content: { kind: "bytes", bytes: Buffer.alloc(2_000_000, 5) } },
    ]);
    for (const layer of [zipped(tar), plain(tar, 512)]) {
      const base = await openBase([layer], new MemoryBlobStore());
      const items = await toTarItems(flattenTree(base.tree, { mtime: 0 }));
      const packed = Buffer.concat(Array.from(tarBlocks(items), (block) => Buffer.from(block)));
      expect(packed.equals(tar)).toBe(true);
      await base.close();
    }
  });
});

async function indexOf(tar: Buffer) {
  return indexLayer(
    (async function* () {
      yield tar;
    })(),
    digestOf(tar),
  );
}

describe("the record of an index", () => {
  it("gives the same index back, through JSON text", () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const index = indexOfItems(flattenTree(tree, { xattrs: () => true }));
        const back = fromIndexRecord(JSON.parse(JSON.stringify(toIndexRecord(index))), index.diffId);
        expect(back).toEqual(index);
      }),
      { numRuns: 300 },
    );
  });
});
