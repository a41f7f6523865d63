import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { recallTar, rememberTar, stampOf } from "../../../src/adapters/bases/rootfs-base.js";
import { openDirStore } from "../../../src/adapters/store-dir/dir-blob-store.js";

const folder = mkdtempSync(join(tmpdir(), "layerwright-known-tar-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const digest = `sha256:${"a".repeat(64)}` as const;

it("remembers a tar until its file is another one, also of the same size and time", async () => {
  const store = await openDirStore({ folder: join(folder, "store") });
  const path = join(folder, "base.tar");
  writeFileSync(path, "one");
  const then = new Date(0);
  utimesSync(path, then, then);
  // Written a moment ago: another write could leave the same stamp.
  expect(stampOf(path)).toBeUndefined();
  await sleep(2100);
  const stamp = stampOf(path);
  expect(stamp).toBeDefined();
  await rememberTar(path, digest, stamp, store);
  expect(await recallTar(path, store)).toBe(digest);
  writeFileSync(path, "two");
  utimesSync(path, then, then);
  expect(await recallTar(path, store)).toBeUndefined();
  await sleep(2100);
  expect(await recallTar(path, store)).toBeUndefined();
  await rememberTar(path, digest, stamp, store);
  expect(await recallTar(path, store)).toBeUndefined();
  expect(await recallTar(join(folder, "none.tar"), store)).toBeUndefined();
  await store.close();
});
