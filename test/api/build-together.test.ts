import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Base, build, Catalog, Image } from "layerwright";
import { afterAll, describe, expect, test } from "vitest";
import type { ProgressEvent } from "../../src/ports/progress.js";
import { buildOrder } from "../../src/project/build.js";
import { planImage } from "../../src/project/prepare/prepare.js";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";

const folder = mkdtempSync(join(tmpdir(), "layerwright-together-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const noSandbox = await whyNoSandbox();

test("images come after those that they are made from, whatever the order of the catalog", () => {
  const parent = Image.scratch().write("/a", "1");
  const child = Image.from(parent).write("/b", "2");
  const tool = Image.scratch().write("/t", "1");
  const other = Image.from(child).copy(tool.path("/t"), "/t");
  const plansOf = (image: Image) => [planImage(image.node, { platform: "linux/amd64" }).plan];
  const { order, needs } = buildOrder([other, child, parent, tool, parent].map(plansOf));
  expect(order.toSorted()).toEqual([0, 1, 2, 3, 4]);
  expect(needs(0).toSorted()).toEqual([1, 2, 3]);
  for (const [before, after] of [
    [2, 1],
    [1, 0],
    [3, 0],
  ] as const) {
    expect(order.indexOf(before)).toBeLessThan(order.indexOf(after));
  }
  // The same image under another name waits for nobody.
  expect(needs(4)).toEqual([]);
});

describe.skipIf(noSandbox !== undefined)("images with commands, side by side", () => {
  ensureBases();
  const base = Image.from(Base.layout(join(BASES, "layout"), { tag: "v1" }));

  test("run a command of a stage that they share once", async () => {
    // Not an image of the catalog itself, so that no order tells which of them makes it.
    const shared = base.run("cat /proc/sys/kernel/random/uuid > /id");
    const names = ["a", "b", "c", "d"];
    const images = Object.fromEntries(names.map((name) => [name, Image.from(shared).write("/name", name)]));
    const catalog = new Catalog("acme", images);
    const store = join(folder, "shared");
    // The second time every command is to run again, which is once as well.
    for (const cache of [true, false]) {
      const ran: string[] = [];
      const report = (event: ProgressEvent) => {
        if (event.kind === "finish" && event.cached !== true && !event.label.includes("pack"))
          ran.push(event.label);
      };
      const results = await build(catalog, { store, cache, lock: false, progress: { report } });
      expect(new Set(names.map((name) => results[name]![0]!.layers.at(-2)!.diffId)).size).toBe(1);
      expect(ran.filter((label) => label.includes("uuid"))).toHaveLength(1);
    }
  });

  test("what is refused names its image, and nothing is written", async () => {
    const good = Image.scratch().write("/good", "1");
    const bad = Image.from(good).copy("not-there", "/bad");
    const after = Image.from(bad).write("/after", "1");
    const dest = join(folder, "refused");
    const catalog = new Catalog("acme", { after, bad, good });
    const failed = build(catalog, { store: join(folder, "bad"), context: folder, output: dest });
    await expect(failed).rejects.toMatchObject({ code: "SOURCE_NOT_FOUND", image: "acme/bad" });
    expect(existsSync(join(dest, "good.tar"))).toBe(false);
  });

  test("a failure names its image, stops the others, and leaves what was written", async () => {
    const good = base.write("/good", "1");
    const bad = Image.from(good).run("exit 3");
    const after = Image.from(bad).write("/after", "1");
    const dest = join(folder, "out");
    const catalog = new Catalog("acme", { after, bad, good });
    const failed = build(catalog, { store: join(folder, "bad"), context: folder, output: dest });
    await expect(failed).rejects.toMatchObject({ code: "RUN_FAILED", image: "acme/bad" });
    expect(existsSync(join(dest, "good.tar"))).toBe(true);
    expect(existsSync(join(dest, "after.tar"))).toBe(false);
  });

  test("are in one layout in the order of the catalog", async () => {
    const parent = base.run("echo 1 > /1");
    const dest = join(folder, "layout");
    const catalog = new Catalog("acme", {
      z: Image.from(parent).write("/z", "1"),
      parent,
      a: base.write("/a", "1"),
    });
    await build(catalog, { store: join(folder, "order"), output: { type: "layout", dest } });
    const { manifests } = JSON.parse(readFileSync(join(dest, "index.json"), "utf8"));
    const names = manifests.map(
      (one: { annotations: Record<string, string> }) => one.annotations["io.containerd.image.name"],
    );
    expect(names).toEqual(["z", "parent", "a"].map((name) => `docker.io/acme/${name}:latest`));
  });
});
