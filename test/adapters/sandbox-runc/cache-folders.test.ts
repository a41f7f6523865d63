import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { CacheFolders } from "../../../src/adapters/sandbox-runc/cache-folders.js";

const root = mkdtempSync(join(tmpdir(), "layerwright-caches-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const caches = new CacheFolders(root);

const mount = (id: string, sharing: "shared" | "private" | "locked") =>
  ({ type: "cache", target: `/${id}`, id, sharing }) as const;
const take = (...mounts: ReturnType<typeof mount>[]) => caches.takeAll(mounts, undefined);

describe("a cache folder", () => {
  it("is the same for the same id, and stays", async () => {
    const first = await take(mount("shared", "shared"));
    const second = await take(mount("shared", "shared"));
    expect(second.paths).toEqual(first.paths);
    writeFileSync(join(first.paths.get("shared")!, "kept"), "");
    first.release();
    second.release();
    const third = await take(mount("shared", "locked"));
    expect(existsSync(join(third.paths.get("shared")!, "kept"))).toBe(true);
    third.release();
  });

  it("that is private is another one while it is in use", async () => {
    const first = await take(mount("private", "private"));
    const second = await take(mount("private", "private"));
    expect(second.paths).not.toEqual(first.paths);
    first.release();
    const third = await take(mount("private", "private"));
    expect(third.paths).toEqual(first.paths);
    second.release();
    third.release();
  });

  it("that is locked is waited for, and an abort ends the wait", async () => {
    const first = await take(mount("locked", "locked"));
    let waited = true;
    const second = take(mount("locked", "locked")).then((taken) => {
      expect(waited).toBe(false);
      taken.release();
    });
    await sleep(300);
    const aborted = caches.takeAll([mount("locked", "locked")], AbortSignal.timeout(50));
    await expect(aborted).rejects.toThrow();
    waited = false;
    first.release();
    await second;
  });

  it("is taken in one order, so that two commands never wait for each other", async () => {
    const [a, b] = [mount("a", "locked"), mount("b", "locked")];
    const rounds = Array.from({ length: 6 }, async (_, index) => {
      const taken = await take(...(index % 2 === 0 ? [a, b] : [b, a]));
      await sleep(5);
      taken.release();
    });
    await Promise.all(rounds);
  });

  it("is taken once for a command that mounts it twice", async () => {
    const taken = await take(mount("twice", "locked"), { ...mount("twice", "locked"), target: "/other" });
    expect([...taken.paths.keys()]).toEqual(["twice"]);
    taken.release();
  });
});
