import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { MemoryBlobStore } from "../../src/adapters/store-memory/memory-blob-store.js";
import { encoderFor } from "../../src/archive/compression.js";
import { racyItems } from "../../src/engine/pack/layer-key.js";
import type { BlocksRecord } from "../../src/engine/pack/make-layer.js";
import { copy, makeContext, planOf, testBuild, write } from "./support/build.js";

const plan = planOf([[copy("app", "/app")], [write("/etc/x", "x")]]);
const cachedOf = async (context: string, store: MemoryBlobStore, options = {}) =>
  (await testBuild(plan, context, { store }, options)).built.layers.map(({ cached }) => cached);

let context: string;
let store: MemoryBlobStore;
beforeEach(() => {
  context = makeContext({ "app/a": "one", "app/b": "two" });
  store = new MemoryBlobStore();
});

/** Long ago for the cache: as if the context had not been touched for ten seconds. */
function later(): void {
  vi.spyOn(Date, "now").mockReturnValue(performance.timeOrigin + performance.now() + 10_000);
}

test("nothing changed: every layer comes out of the store", async () => {
  later();
  expect(await cachedOf(context, store)).toEqual([false, false]);
  expect(await cachedOf(context, store)).toEqual([true, true]);
});

test("a context that was just written is compared by content", async () => {
  vi.restoreAllMocks();
  expect(await cachedOf(context, store)).toEqual([false, false]);
  expect(await cachedOf(context, store)).toEqual([true, true]);
});

test("a change within one tick of the clock, with the same stamp and size, is seen", async () => {
  vi.restoreAllMocks();
  const path = join(context, "app/a");
  await cachedOf(context, store);
  const { mtime, atime } = statSync(path);
  writeFileSync(path, "ONE");
  utimesSync(path, atime, mtime);
  const { layers, built } = await testBuild(plan, context, { store });
  expect(built.layers[0]?.cached).toBe(false);
  expect(layers[0]?.find((entry) => entry.path === "app/a")?.text).toBe("ONE");
});

test.each<[string, () => void]>([
  ["a file's content", () => writeFileSync(join(context, "app/a"), "changed")],
  ["a new file", () => writeFileSync(join(context, "app/c"), "")],
  ["a removed file", () => rmSync(join(context, "app/b"))],
  ["a new folder", () => mkdirSync(join(context, "app/d"))],
])("%s makes the one layer again", async (_, change) => {
  later();
  await cachedOf(context, store);
  change();
  expect(await cachedOf(context, store)).toEqual([false, true]);
});

test("another encoder, another time or no cache is another layer", async () => {
  later();
  await cachedOf(context, store);
  expect(await cachedOf(context, store, { encoder: encoderFor("gzip:1") })).toEqual([false, false]);
  expect(await cachedOf(context, store, { sourceDateEpoch: 5 })).toEqual([false, false]);
  expect(await cachedOf(context, store, { cache: false })).toEqual([false, false]);
  expect(await cachedOf(context, store)).toEqual([true, true]);
});

test("the place of the context and the other layers do not matter to bytes", async () => {
  const other = makeContext({ "app/b": "two", "app/a": "one" });
  const [left, right] = [await testBuild(plan, context), await testBuild(plan, other)];
  expect(right.built.image.manifest.bytes).toEqual(left.built.image.manifest.bytes);
});

test("a blob that is gone, or a record that is garbage, is made again", async () => {
  later();
  const first = await testBuild(plan, context, { store });
  store.blobs.delete(first.built.layers[0]!.descriptor.digest);
  const second = await testBuild(plan, context, { store });
  expect(second.built.layers.map(({ cached }) => cached)).toEqual([false, true]);
  expect(second.built.image.manifest.bytes).toEqual(first.built.image.manifest.bytes);
  vi.spyOn(store, "getRecord").mockResolvedValue({ diffId: "sha256:x", racy: 3 });
  expect(await cachedOf(context, store)).toEqual([false, false]);
});

test("stamps of the last two seconds prove nothing", () => {
  const item = (mtimeMs: number, ctimeMs: number) => ({
    entry: { type: "file", path: "a", mode: 0, uid: 0, gid: 0, size: 1, mtime: 0 } as const,
    content: { kind: "file", path: "/a", guard: { ino: 1, dev: 1, size: 1, mtimeMs, ctimeMs } } as const,
  });
  const items = [item(1, 1), item(8001, 1), item(1, 8001), item(99_999, 1)];
  expect(racyItems(items, 10_000)).toEqual([1, 2, 3]);
});

describe("a large layer", () => {
  const random = (seed: number) => {
    const bytes = Buffer.alloc(3 << 20);
    for (let at = 0; at < bytes.length; at++) bytes[at] = (at * seed * 2654435761) >>> 13;
    return bytes;
  };
  const stampsOf = (records: readonly unknown[][]) =>
    records
      .filter(([kind]) => kind === "layer-blocks")
      .map(([, , record]) => (record as BlocksRecord).blocks.map(({ stamp }) => stamp !== undefined));
  beforeEach(() => {
    for (let at = 0; at < 6; at++) writeFileSync(join(context, `app/big${at}`), random(at + 3));
  });

  test("leaves all blocks as they were but that of the file that changed", async () => {
    later();
    await testBuild(plan, context, { store });
    writeFileSync(join(context, "app/big3"), "small now");
    const again = await testBuild(plan, context, { store });
    const fresh = await testBuild(plan, context);
    expect(again.built.image.manifest.bytes).toEqual(fresh.built.image.manifest.bytes);
  });

  test("is packed anew when blocks of the blob before are not what was recorded", async () => {
    later();
    await testBuild(plan, context, { store });
    const getRecord = store.getRecord.bind(store);
    vi.spyOn(store, "getRecord").mockImplementation(async (kind, key) => {
      const record = await getRecord(kind, key);
      if (kind !== "layer-blocks" || record === undefined) return record;
      const { blocks, ...rest } = record as BlocksRecord;
      return { ...rest, blocks: blocks.map((block) => ({ ...block, tag: "0".repeat(32) })) };
    });
    writeFileSync(join(context, "app/big3"), "small now");
    const again = await testBuild(plan, context, { store });
    const fresh = await testBuild(plan, context);
    expect(again.built.image.manifest.bytes).toEqual(fresh.built.image.manifest.bytes);
  });

  test("has no stamps for blocks of files that were just written", async () => {
    const put = vi.spyOn(store, "putRecord");
    vi.spyOn(Date, "now").mockReturnValue(performance.timeOrigin + performance.now() + 10_000);
    const [old, now] = [new Date(1_000_000), new Date(Date.now())];
    for (let at = 0; at < 6; at++) utimesSync(join(context, `app/big${at}`), old, at === 3 ? now : old);
    await testBuild(plan, context, { store });
    const [stamps = []] = stampsOf(put.mock.calls);
    // The three blocks of the one file, and that of its header.
    expect(stamps.filter((stamped) => !stamped)).toHaveLength(4);
    expect(stamps.length).toBeGreaterThan(18);
  });
});
