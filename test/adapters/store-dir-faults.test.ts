import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type DiskCalls, realDisk } from "../../src/adapters/host/disk-calls.js";
import { openDirStore } from "../../src/adapters/store-dir/dir-blob-store.js";
import { isLayerwrightError } from "../../src/errors/layerwright-error.js";
import { type Digest, digestOf } from "../../src/oci/digest.js";
import { bytesOf, store } from "./blob-store-conformance.js";
import { compileChild } from "./compiled-child.js";
import { runChild } from "./run-child.js";
import { tempFolder } from "./temp-folder.js";

async function checkWhole(folder: string): Promise<void> {
  const blobs = await openDirStore({ folder });
  expect(readdirSync(join(folder, "tmp"))).toEqual([]);
  for (const name of readdirSync(join(folder, "blobs", "sha256"))) {
    await bytesOf(blobs.read(`sha256:${name}` as Digest));
  }
  for (let key = 0; key < 7; key++) {
    const record = (await blobs.getRecord("kind", `${key}`)) as { digest: Digest; size: number } | undefined;
    if (record !== undefined) expect(await blobs.stat(record.digest)).toBe(record.size);
  }
  await blobs.close();
}

describe("a store whose writers die", () => {
  let script: string;
  beforeAll(() => {
    const child = compileChild("store-dir-child.ts");
    script = child.script;
    return child.remove;
  });

  it("holds every committed blob, only whole blobs, and no leftovers, after 56 kills", {
    timeout: 300_000,
  }, async () => {
    const folder = tempFolder();
    for (let round = 0; round < 14; round++) {
      const runs = Array.from({ length: 4 }, (_, lane) =>
        runChild(script, [folder, `${round}-${lane}`], Math.random() * 60),
      );
      const results = await Promise.all(runs);
      await checkWhole(folder);
      for (const digest of results.flatMap((result) => result.lines)) {
        expect(statSync(join(folder, "blobs", "sha256", digest.slice(7))).isFile()).toBe(true);
      }
    }
  });

  it("has one copy when 8 processes write the same blobs", { timeout: 300_000 }, async () => {
    const folder = tempFolder();
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, lane) => runChild(script, [folder, `${lane}`, "20", "the same for all"])),
    );
    for (const { code, lines } of results) {
      expect(code).toBe(0);
      expect(lines).toEqual(results[0]!.lines);
    }
    await checkWhole(folder);
    expect(readdirSync(join(folder, "blobs", "sha256")).length).toBe(20);
  });
});

/** Disk calls of which the one with a number fails with an errno. */
function failingAt(at: number, errno: string): { disk: DiskCalls; calls: () => number } {
  let calls = 0;
  const disk = Object.fromEntries(
    Object.entries(realDisk).map(([name, call]) => [
      name,
      (...args: never[]) => {
        if (calls++ === at) {
          const error = Object.assign(new Error(`${errno}: made up`), { code: errno, syscall: name });
          // The kernel closes the descriptor even when close fails.
          if (name === "closeSync") (call as (...args: never[]) => unknown)(...args);
          if (name === "fsync" || name === "fdatasync") return Promise.reject(error);
          throw error;
        }
        return (call as (...args: never[]) => unknown)(...args);
      },
    ]),
  ) as unknown as DiskCalls;
  return { disk, calls: () => calls };
}

describe("a store whose disk fails", () => {
  it.each(["ENOSPC", "EIO", "EMFILE", "EACCES", "EXDEV", "EROFS"])(
    "with %s at any call gives a coded error or does it all, and keeps what it had",
    async (errno) => {
      for (let at = 0; at < 60; at++) {
        const folder = tempFolder();
        const before = await openDirStore({ folder });
        const kept = await store(before, "kept");
        await before.putRecord("kind", "key", "kept");
        await before.close();
        const { disk, calls } = failingAt(at, errno);
        const data = Buffer.alloc(3_000_000, at);
        let done: Digest | undefined;
        try {
          const blobs = await openDirStore({ folder, disk });
          const writer = await blobs.writer();
          try {
            for (let part = 0; part < 3; part++)
              writer.write(data.subarray(part * 1_000_000, (part + 1) * 1_000_000));
            done = (await writer.commit()).digest;
          } finally {
            await writer.discard();
          }
          await blobs.putRecord("kind", "key", "new");
        } catch (error) {
          expect(isLayerwrightError(error), String(error)).toBe(true);
        }
        const after = await openDirStore({ folder });
        expect((await bytesOf(after.read(kept))).toString()).toBe("kept");
        expect(["kept", "new"]).toContain(await after.getRecord("kind", "key"));
        if (done !== undefined) expect((await bytesOf(after.read(done))).equals(data)).toBe(true);
        else if ((await after.stat(digestOf(data))) !== undefined) await bytesOf(after.read(digestOf(data)));
        // What failed to be removed is this process's own, so it goes with the process.
        const left = readdirSync(join(folder, "tmp")).length;
        expect(left).toBeLessThanOrEqual(1);
        await after.close();
        if (calls() <= at) return;
      }
      throw new Error("the calls never ended");
    },
  );

  it("never takes a failed flush for a success", async () => {
    for (const call of ["fsync", "fdatasync"] as const) {
      let failed = 0;
      const disk: DiskCalls = {
        ...realDisk,
        [call]: () => {
          failed++;
          return failed === 1
            ? Promise.reject(Object.assign(new Error("EIO"), { code: "EIO", syscall: call }))
            : Promise.resolve();
        },
      };
      const blobs = await openDirStore({ folder: tempFolder(), disk });
      const writer = await blobs.writer();
      const chunk = Buffer.alloc(1 << 20, 3);
      await expect(async () => {
        for (let part = 0; part < 70; part++) {
          writer.write(chunk);
          await new Promise(setImmediate);
        }
        await writer.commit();
      }).rejects.toMatchObject({ code: "STORE_FAILED" });
      await expect(async () => writer.commit()).rejects.toMatchObject({ code: "STORE_FAILED" });
      expect(failed).toBe(1);
      await writer.discard();
      expect((await blobs.list()).blobs).toEqual([]);
    }
  });
});

describe("the order in which a blob becomes durable", () => {
  it("is: flush the file, rename it, flush the folder", async () => {
    const log: string[] = [];
    const disk = Object.fromEntries(
      Object.entries(realDisk).map(([name, call]) => [
        name,
        (...args: never[]) => {
          log.push(name);
          return (call as (...args: never[]) => unknown)(...args);
        },
      ]),
    ) as unknown as DiskCalls;
    const blobs = await openDirStore({ folder: tempFolder(), disk });
    log.length = 0;
    await store(blobs, "durable");
    expect(log).toEqual([
      "openSync",
      "writeSync",
      "fchmodSync",
      "fsync",
      "closeSync",
      "renameSync",
      "openSync",
      "fsync",
      "closeSync",
    ]);
  });
});
