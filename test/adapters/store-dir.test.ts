import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { newOwnedName, ownerState } from "../../src/adapters/host/owner-mark.js";
import { defaultStoreFolder } from "../../src/adapters/host/store-folder.js";
import { type DirBlobStore, openDirStore } from "../../src/adapters/store-dir/dir-blob-store.js";
import { digestOf } from "../../src/oci/digest.js";
import { bytesOf, conformsAsBlobStore, store } from "./blob-store-conformance.js";
import { tempFolder } from "./temp-folder.js";

const isRoot = process.getuid?.() === 0;

function blobPath(folder: string, digest: string): string {
  return join(folder, "blobs", "sha256", digest.slice(7));
}

function overwrite(path: string, bytes: Uint8Array): void {
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
  chmodSync(path, 0o444);
}

describe("the store in a folder", () => {
  const roots: string[] = [];
  afterAll(() => {
    for (const root of roots) rmSync(root, { recursive: true, force: true });
  });
  let opened: DirBlobStore;
  conformsAsBlobStore(
    async () => {
      const root = mkdtempSync(join(tmpdir(), "lw-store-"));
      roots.push(root);
      opened = await openDirStore({ folder: join(root, "store") });
      return opened;
    },
    (digest, bytes) => overwrite(blobPath(opened.folder, digest), bytes),
  );

  it("is for its user alone, with read-only blobs", async () => {
    const folder = join(tempFolder(), "deep", "store");
    const blobs = await openDirStore({ folder });
    const digest = await store(blobs, "x");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(blobPath(folder, digest)).mode & 0o777).toBe(0o444);
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
  });

  it("refuses a folder that everyone can write to, also below", async () => {
    const folder = tempFolder();
    chmodSync(folder, 0o777);
    await expect(openDirStore({ folder })).rejects.toMatchObject({ code: "STORE_UNSAFE" });
    expect(readdirSync(folder)).toEqual([]);
    chmodSync(folder, 0o700);
    mkdirSync(join(folder, "blobs"));
    chmodSync(join(folder, "blobs"), 0o777);
    await expect(openDirStore({ folder })).rejects.toMatchObject({ code: "STORE_UNSAFE" });
  });

  it.skipIf(!isRoot)("refuses another user's folder (needs root to make one)", async () => {
    const folder = tempFolder();
    chownSync(folder, 12345, 12345);
    await expect(openDirStore({ folder })).rejects.toMatchObject({ code: "STORE_UNSAFE" });
  });

  it("refuses a file in its place", async () => {
    const folder = join(tempFolder(), "file");
    writeFileSync(folder, "");
    await expect(openDirStore({ folder })).rejects.toMatchObject({ code: expect.stringMatching(/^STORE_/) });
  });

  it("does not read a blob through a link, a folder or a pipe", async () => {
    const folder = tempFolder();
    const blobs = await openDirStore({ folder });
    const target = join(folder, "target");
    writeFileSync(target, "linked");
    symlinkSync(target, blobPath(folder, digestOf("linked")));
    await expect(bytesOf(blobs.read(digestOf("linked")))).rejects.toMatchObject({ code: "BLOB_MISSING" });
    mkdirSync(blobPath(folder, digestOf("folder")));
    await expect(bytesOf(blobs.read(digestOf("folder")))).rejects.toMatchObject({ code: "BLOB_MISSING" });
    spawnSync("mkfifo", [blobPath(folder, digestOf("pipe"))]);
    await expect(bytesOf(blobs.read(digestOf("pipe")))).rejects.toMatchObject({ code: "BLOB_MISSING" });
    expect(await blobs.stat(digestOf("pipe"))).toBeUndefined();
  });

  it("trusts only what it wrote itself, and only when asked", async () => {
    const folder = tempFolder();
    const writer = await openDirStore({ folder });
    const later = await openDirStore({ folder });
    const digest = await store(writer, Buffer.from("written just now"));
    await store(later, Buffer.from("written just now"));
    overwrite(blobPath(folder, digest), Buffer.from("written just n0w"));
    const reading = { trustOwn: true, transient: true };
    expect((await bytesOf(writer.read(digest, reading))).toString()).toBe("written just n0w");
    await expect(bytesOf(later.read(digest, reading))).rejects.toMatchObject({ code: "BLOB_DAMAGED" });
    expect(await writer.stat(digest)).toBeUndefined();
  });

  const damages: readonly [string, (bytes: Buffer) => Buffer][] = [
    ["empty", () => Buffer.alloc(0)],
    ["cut short", (bytes) => bytes.subarray(0, -2)],
    ["cut in the head", (bytes) => bytes.subarray(0, 10)],
    ["garbage", () => Buffer.from([0xff, 0, 0xfe, 1, 2])],
    ["a flipped bit in the value", (bytes) => Buffer.from(bytes.toString().replace("value", "valuf"))],
    ["a newer version", (bytes) => Buffer.from(bytes.toString().replace('"version":1', '"version":2'))],
    ["another key", (bytes) => Buffer.from(bytes.toString().replace('"key":"k"', '"key":"l"'))],
    ["plain JSON", () => Buffer.from('{"some":"value"}')],
    ["zeros, as after a power cut", (bytes) => Buffer.alloc(bytes.length)],
    ["null", () => Buffer.from("null\nnull")],
  ];
  it.each(damages)("takes a record that is %s for absent", async (_, change) => {
    const folder = tempFolder();
    const blobs = await openDirStore({ folder });
    await blobs.putRecord("kind", "k", { some: "value" });
    const [name] = readdirSync(join(folder, "records", "kind"));
    const path = join(folder, "records", "kind", name!);
    writeFileSync(path, change(readFileSync(path)));
    expect(await blobs.getRecord("kind", "k")).toBeUndefined();
    await blobs.putRecord("kind", "k", { some: "value" });
    expect(await blobs.getRecord("kind", "k")).toEqual({ some: "value" });
  });

  it("is made again when somebody removes it meanwhile", async () => {
    const folder = tempFolder();
    const blobs = await openDirStore({ folder });
    rmSync(folder, { recursive: true });
    const digest = await store(blobs, "after all");
    await blobs.putRecord("kind", "key", 1);
    expect((await bytesOf(blobs.read(digest))).toString()).toBe("after all");
    expect(await blobs.getRecord("kind", "key")).toBe(1);
  });

  it("removes what dead processes left and keeps what living ones and other machines use", async () => {
    const folder = tempFolder();
    await openDirStore({ folder });
    const [realm, , start, random] = newOwnedName().split(".");
    const gone = `${realm}.4194305.1.${random}`;
    const reused = `${realm}.${process.pid}.1.${random}`;
    const living = `${realm}.${process.pid}.${start}.${random}`;
    const foreign = `000000000000.1.1.${random}`;
    const old = `000000000001.1.1.${random}`;
    for (const name of [gone, reused, living, foreign, old]) writeFileSync(join(folder, "tmp", name), "x");
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    utimesSync(join(folder, "tmp", old), yesterday, yesterday);
    await openDirStore({ folder });
    expect(readdirSync(join(folder, "tmp")).sort()).toEqual([foreign, living].sort());
    expect(ownerState(gone)).toBe("gone");
    expect(ownerState(living)).toBe("running");
  });

  it.skipIf(!isRoot)("still serves blobs when it is read-only", async () => {
    const folder = tempFolder();
    const digest = await store(await openDirStore({ folder }), "kept");
    expect(spawnSync("mount", ["--bind", folder, folder]).status).toBe(0);
    try {
      if (spawnSync("mount", ["-o", "remount,ro,bind", folder]).status !== 0) return;
      const blobs = await openDirStore({ folder });
      expect((await bytesOf(blobs.read(digest))).toString()).toBe("kept");
      await expect(blobs.writer()).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
      await expect(blobs.putRecord("kind", "key", 1)).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
      await expect(blobs.scratchFile()).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
    } finally {
      spawnSync("umount", [folder]);
    }
  });

  it.skipIf(!isRoot)("says that the disk is full, and keeps what it had", async () => {
    const folder = tempFolder();
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", folder]).status !== 0) return;
    try {
      const blobs = await openDirStore({ folder });
      const kept = await store(blobs, "kept");
      for (let round = 0; round < 3; round++) {
        const writer = await blobs.writer();
        expect(() => {
          for (let part = 0; part < 8; part++) writer.write(Buffer.alloc(1 << 20, part));
        }).toThrow(expect.objectContaining({ code: "DISK_FULL" }));
        await expect(async () => writer.commit()).rejects.toMatchObject({ code: "DISK_FULL" });
        await writer.discard();
      }
      expect(readdirSync(join(folder, "tmp"))).toEqual([]);
      expect((await bytesOf(blobs.read(kept))).toString()).toBe("kept");
      expect(await store(blobs, Buffer.alloc(1 << 20))).toMatch(/^sha256:/);
    } finally {
      spawnSync("umount", ["-l", folder]);
    }
  });
});

describe("pruning", () => {
  async function filled(): Promise<{ blobs: DirBlobStore; digests: string[]; folder: string }> {
    const folder = tempFolder();
    const blobs = await openDirStore({ folder });
    const digests: string[] = [];
    for (let index = 0; index < 5; index++) {
      const digest = await store(blobs, Buffer.alloc(1000, index));
      const time = new Date(Date.now() - (10 - index) * 3_600_000);
      utimesSync(blobPath(folder, digest), time, time);
      digests.push(digest);
    }
    return { blobs, digests, folder };
  }

  it("lists the last used first", async () => {
    const { blobs, digests } = await filled();
    await blobs.putRecord("kind", "key", "value");
    const listing = await blobs.list();
    expect(listing.blobs.map((blob) => blob.digest)).toEqual(digests.reverse());
    expect(listing.records.count).toBe(1);
    expect(listing.bytes).toBe(5000 + listing.records.bytes);
  });

  it("removes the least recently used down to a size", async () => {
    const { blobs, digests, folder } = await filled();
    const dry = await blobs.prune({ maxBytes: 3000, dryRun: true });
    expect(dry.removed.map((blob) => blob.digest)).toEqual(digests.slice(0, 2));
    expect(existsSync(blobPath(folder, digests[0]!))).toBe(true);
    const report = await blobs.prune({ maxBytes: 3000 });
    expect(report).toEqual(dry);
    expect(report.freedBytes).toBe(2000);
    expect(report.keptBytes).toBe(3000);
    expect(readdirSync(join(folder, "blobs", "sha256")).length).toBe(3);
  });

  it("removes what was not used for long, records too", async () => {
    const { blobs, digests, folder } = await filled();
    await blobs.putRecord("kind", "key", "value");
    const [record] = readdirSync(join(folder, "records", "kind"));
    const old = new Date(Date.now() - 100 * 3_600_000);
    utimesSync(join(folder, "records", "kind", record!), old, old);
    const report = await blobs.prune({ maxAgeMs: 8.5 * 3_600_000 });
    expect(report.removed.map((blob) => blob.digest)).toEqual(digests.slice(0, 2));
    expect(report.removedRecords).toBe(1);
    expect(await blobs.getRecord("kind", "key")).toBeUndefined();
  });

  it("keeps what was used within the grace time, and without a limit everything", async () => {
    const { blobs, digests } = await filled();
    expect((await blobs.prune({})).removed).toEqual([]);
    await blobs.stat(digests[0] as `sha256:${string}`);
    const report = await blobs.prune({ maxBytes: 0, graceMs: 3_600_000 });
    expect(report.removed.map((blob) => blob.digest)).toEqual(digests.slice(1));
    // Without one, what no running process can have used goes.
    expect((await blobs.prune({ maxBytes: 0 })).removed.length).toBe(1);
  });

  it("keeps what a running build has used since it began, however long ago that is", async () => {
    const { blobs, digests, folder } = await filled();
    const build = await openDirStore({ folder });
    const marks = readdirSync(join(folder, "active"));
    expect(marks.length).toBe(2);
    const began = new Date(Date.now() - 9.2 * 3_600_000);
    for (const mark of marks) utimesSync(join(folder, "active", mark), began, began);
    // Blobs 1 to 4 were used after the build began, 10 hours minus their number ago.
    expect((await blobs.prune({ maxBytes: 0 })).removed.map((blob) => blob.digest)).toEqual(
      digests.slice(0, 1),
    );
    await build.close();
    expect((await blobs.prune({ maxBytes: 0 })).removed.map((blob) => blob.digest)).toEqual(digests.slice(1));
  });
});

describe("the place of the store", () => {
  const home = "/home/me";
  it.each([
    [{ LAYERWRIGHT_CACHE: "/c", XDG_CACHE_HOME: "/x" }, "linux", "/c"],
    [{ XDG_CACHE_HOME: "/x" }, "linux", "/x/layerwright"],
    [{ XDG_CACHE_HOME: "/x" }, "darwin", "/x/layerwright"],
    [{ XDG_CACHE_HOME: "relative" }, "linux", "/home/me/.cache/layerwright"],
    [{ LAYERWRIGHT_CACHE: "", XDG_CACHE_HOME: "" }, "linux", "/home/me/.cache/layerwright"],
    [{}, "darwin", "/home/me/Library/Caches/layerwright"],
  ] as const)("with %j on %s is %s", (env, platform, expected) => {
    expect(defaultStoreFolder({ env, platform, home })).toBe(expected);
  });

  it("is in the local application data on Windows", () => {
    expect(defaultStoreFolder({ env: { LOCALAPPDATA: "/local" }, platform: "win32", home })).toBe(
      join("/local", "layerwright", "cache"),
    );
  });
});
