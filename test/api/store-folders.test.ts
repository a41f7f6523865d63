import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { CacheFolders } from "../../src/adapters/sandbox-runc/cache-folders.js";
import { findHostTools } from "../../src/adapters/sandbox-runc/host-tools.js";
import { keptFolders, pruneFolders } from "../../src/project/prune.js";
import { openStore } from "../../src/project/workspace.js";

const folder = mkdtempSync(join(tmpdir(), "layerwright-folders-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HOUR = 60 * 60 * 1000;

function root(name: string, age: number): string {
  const path = join(folder, "roots/kept", name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "file"), Buffer.alloc(64 << 10));
  writeFileSync(`${path}.used`, "");
  const then = new Date(Date.now() - age);
  utimesSync(`${path}.used`, then, then);
  return path;
}

describe.skipIf(findHostTools().tools?.root !== true)(
  "folders of run steps (needs root and runc or crun)",
  () => {
    it("are listed, and pruned by age and size, the oldest first", async () => {
      const [old, middle, fresh] = [root("old", 9 * HOUR), root("middle", 5 * HOUR), root("fresh", 60_000)];
      const store = await openStore(folder);
      const kept = await keptFolders(store);
      expect(kept.map(({ path }) => path)).toEqual([fresh, middle, old]);
      expect(kept[0]?.size).toBeGreaterThanOrEqual(64 << 10);
      expect(await pruneFolders(store, { maxAgeMs: 8 * HOUR, dryRun: true }, 0)).toMatchObject([
        { path: old },
      ]);
      expect(existsSync(old)).toBe(true);
      await pruneFolders(store, { maxAgeMs: 8 * HOUR }, 0);
      expect([existsSync(old), existsSync(`${old}.used`), existsSync(middle)]).toEqual([false, false, true]);
      const mount = { type: "cache", target: "/c", id: "c", sharing: "shared" } as const;
      const caches = new CacheFolders(join(folder, "caches"));
      const taken = await caches.takeAll([mount], undefined);
      const cache = dirname(taken.paths.get("c")!);
      const then = new Date(Date.now() - 2 * HOUR);
      utimesSync(cache, then, then);
      const graceMs = HOUR;
      expect(await pruneFolders(store, { maxBytes: 0, graceMs, dryRun: true }, 0)).toMatchObject([
        { path: middle },
        { kind: "cache", path: cache },
      ]);
      // Taking a cache is using it, also where its own content stays as it is.
      await caches.takeAll([mount], undefined);
      expect(await pruneFolders(store, { maxBytes: 0, graceMs, dryRun: true }, 0)).toMatchObject([
        { path: middle },
      ]);
      // What another process that runs may have used stays, however little room there is.
      const build = await openStore(folder);
      await pruneFolders(store, { maxBytes: 0 }, 0);
      expect([existsSync(middle), existsSync(fresh)]).toEqual([false, false]);
      const used = root("used", 0);
      await pruneFolders(store, { maxBytes: 0 }, 0);
      expect(existsSync(used)).toBe(true);
      await build.close();
      await pruneFolders(store, { maxBytes: 0 }, 0);
      expect(existsSync(used)).toBe(false);
      await store.close();
    });
  },
);
