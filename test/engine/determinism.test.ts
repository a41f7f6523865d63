import { execFileSync } from "node:child_process";
import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { annotated, copy, makeContext, planOf, type TestFile, testBuild, write } from "./support/build.js";

const files: Record<string, TestFile> = {
  "app/a": "a",
  "app/a-b": "ab",
  "app/a.d/x": "x",
  "app/a/../z": "z",
  "app/Ünï": "u",
  "app/😀": "grin",
  "app/\uff5e": "tilde",
  "app/run": { text: "#!", mode: 0o755 },
  "app/sub/link": { link: "../a" },
};
const plan = planOf([[copy("app", "/srv", { owner: { user: 4 } })], [write("/etc/motd", "hi")]], annotated);
const manifest = async (context: string) =>
  Buffer.from((await testBuild(plan, context)).built.image.manifest.bytes).toString("utf8");

const before = { umask: process.umask(), zone: process.env["TZ"] };
afterEach(() => {
  process.umask(before.umask);
  if (before.zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = before.zone;
});

test("order, times, umask, time zone and place leave no trace", async () => {
  const names = Object.keys(files);
  const manifests = new Set<string>();
  for (let round = 0; round < 12; round++) {
    process.umask([0o022, 0o077, 0o002][round % 3]!);
    process.env["TZ"] = ["UTC", "Asia/Kathmandu", "America/St_Johns"][round % 3]!;
    const shuffled = names
      .map((name, at) => [(at * 7 + round * 5) % names.length, name] as const)
      .sort((l, r) => l[0] - r[0]);
    const context = makeContext(Object.fromEntries(shuffled.map(([, name]) => [name, files[name]!])));
    for (const name of readdirSync(join(context, "app")))
      utimesSync(join(context, "app", name), round * 1000, round * 999);
    manifests.add(await manifest(context));
  }
  expect(manifests.size).toBe(1);
});

test("entries are in byte order, parents first, and every time is the epoch", async () => {
  const { layers } = await testBuild(plan, makeContext(files));
  const paths = layers[0]!.map(({ path, type }) => Buffer.from(type === "folder" ? `${path}/` : path));
  const plain = layers[0]!.map(({ path }) => Buffer.from(path));
  expect(plain).toEqual([...plain].sort(Buffer.compare));
  expect(paths[0]?.toString()).toBe("srv/");
  expect(new Set(layers.flat().map(({ mtime }) => mtime))).toEqual(new Set([0]));
  const later = await testBuild(plan, makeContext(files), {}, { sourceDateEpoch: 1_700_000_000 });
  expect(new Set(later.layers.flat().map(({ mtime }) => mtime))).toEqual(new Set([1_700_000_000]));
  expect(later.config).toMatchObject({ created: "2023-11-14T22:13:20Z" });
});

test("names that are no UTF-8 keep their bytes", async () => {
  const context = makeContext({ "app/plain": "" });
  execFileSync("/bin/sh", ["-c", "printf x > \"$(printf 'app/caf\\351')\""], { cwd: context });
  const { layers } = await testBuild(planOf([[copy("app", "/a")]]), context);
  expect(layers[0]).toHaveLength(3);
});
