import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { priceSquash, share } from "../../src/api/analyze.js";
import { build, load, push } from "../../src/api/build.js";
import { Catalog } from "../../src/catalog/catalog.js";
import { PlanError } from "../../src/errors/layerwright-error.js";
import { Base } from "../../src/image/base.js";
import { Image } from "../../src/image/image.js";

/** The tar of one folder and one file in it: two headers, the content in blocks, two zero blocks. */
const tarOf = (bytes: number) => 512 + 512 + Math.ceil(bytes / 512) * 512 + 1024;

let folder: string;
let store: string;
let fedora: Base;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "layerwright-share-"));
  store = join(folder, "store");
  const output = join(folder, "fedora.tar");
  await build(Image.scratch().write("/usr/big", "f".repeat(200_000)), { output, store });
  fedora = Base.archive(output, { reference: "fedora:43" });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nginx = () => Image.from(fedora).write("/opt/nginx", "n".repeat(50_000));
const app = (name: string) => Image.from(nginx()).write(`/srv/${name}`, name.repeat(1000));

describe("share", () => {
  it("counts each layer once, and what each image has for itself", async () => {
    const catalog = new Catalog("acme", { nginx: nginx(), a: app("a"), b: app("bb") });
    const { images, effectiveBytes, tree, pulls } = await share(catalog, { store, having: "a" });
    const [base, middle, a, b] = [200_000, 50_000, 1000, 2000].map(tarOf);
    expect(images.map(({ name, uniqueBytes, virtualBytes }) => [name, uniqueBytes, virtualBytes])).toEqual([
      ["nginx", 0, base! + middle!],
      ["a", a, base! + middle! + a!],
      ["b", b, base! + middle! + b!],
    ]);
    expect(effectiveBytes).toBe(base! + middle! + a! + b!);
    expect(tree).toMatchObject([
      {
        base: "fedora:43",
        bytes: base,
        children: [{ images: ["nginx"], bytes: middle, children: [{ images: ["a"] }, { images: ["b"] }] }],
      },
    ]);
    expect(pulls?.map(({ incrementalPullBytes }) => incrementalPullBytes > 0)).toEqual([false, false, true]);
  });

  it("takes layers that were built apart for one when they are equal", async () => {
    const own = (order: readonly string[]) =>
      order.reduce((image, name) => image.write(`/srv/${name}`, name), Image.scratch()).squash("own");
    const catalog = new Catalog("acme", { one: own(["a", "b"]), two: own(["b", "a"]) });
    const { images } = await share(catalog, { store });
    expect(images.map(({ uniqueBytes }) => uniqueBytes)).toEqual([0, 0]);
  });

  it("refuses a name that the catalog does not have", async () => {
    const sharing = share(new Catalog("acme", { nginx: nginx() }), { store, having: "apache" });
    await expect(sharing).rejects.toMatchObject({ code: "CATALOG_INVALID", subject: "apache" });
  });
});

describe("priceSquash", () => {
  it("prices what is really built", async () => {
    const twice = Image.from(fedora).write("/usr/big", "f").write("/srv/own", "x");
    const [priced] = await priceSquash(new Catalog("acme", { twice, other: nginx() }), { store });
    expect(priced).toMatchObject({ name: "twice", squash: "keep" });
    const [keep, own, all] = priced!.prices;
    expect(keep).toMatchObject({ squash: "keep", layers: 3, savedBytes: 0, unsharedBytes: 0, netBytes: 0 });
    // One pair of zero blocks instead of two.
    expect(own).toMatchObject({ squash: "own", layers: 2, savedBytes: 1024, netBytes: -1024 });
    // The base's file is gone with its header, and the zero blocks of two layers.
    const saved = tarOf(200_000) - 512 - 1024 + 2 * 1024;
    expect(all).toMatchObject({ layers: 1, savedBytes: saved, unsharedBytes: tarOf(200_000) });
    expect(all?.unsharedWith.map(({ name }) => name)).toEqual(["other"]);
    expect(all?.netBytes).toBe(tarOf(200_000) - saved);
  });

  it("lets the images that stand on one follow it", async () => {
    const parent = nginx();
    const child = Image.from(parent).write("/srv/child", "1");
    const prices = await priceSquash(new Catalog("acme", { parent, child }), { store });
    const all = prices.map((it) => it.prices.find(({ squash }) => squash === "all"));
    expect(all[0]).toMatchObject({ unsharedBytes: 0, netBytes: -1024 });
    expect(all[1]?.unsharedBytes).toBe(tarOf(200_000) + tarOf(50_000));
    expect(all[1]?.unsharedWith.map(({ name }) => name)).toEqual(["parent"]);
  });
});

describe("the limit of a catalog", () => {
  const limited = (maxUnshared: string | number, more: Record<string, Image> = {}) =>
    new Catalog("acme", { nginx: nginx(), alone: nginx().squash("all"), ...more }, { maxUnshared });

  it("refuses a squash that takes too much out of sharing, before anything is written", async () => {
    const out = join(folder, "refused");
    const failed = await build(limited("200kB"), { store, output: out }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(PlanError);
    expect(failed).toMatchObject({ code: "SQUASH_UNSHARES", subject: "alone" });
    const { message, origin } = failed as PlanError;
    expect(message).toContain("unshares 202 kB of its base with nginx");
    expect(message).toContain("allows 200 kB");
    expect(origin?.file).toMatch(/share\.test\.ts$/);
    expect(existsSync(out)).toBe(false);
  });

  it("holds for push and load too", async () => {
    const code = "SQUASH_UNSHARES";
    await expect(push(limited(0), "registry.example/acme", { store })).rejects.toMatchObject({ code });
    await expect(load(limited(0), { store })).rejects.toMatchObject({ code });
  });

  it("lets pass what is within it, and what takes nothing from anybody", async () => {
    const out = join(folder, "passed");
    await build(limited("1MB"), { store, output: out });
    expect(readdirSync(out).sort()).toEqual(["alone.tar", "nginx.tar"]);
    const only = new Catalog("acme", { a: nginx().squash("all"), b: nginx().squash("all") });
    await build(new Catalog("acme", only.images, { maxUnshared: 0 }), { store });
    // It stands on `alone`, and so takes its one layer with it.
    const onTop = Image.from(nginx().squash("all")).write("/srv/x", "1");
    const chain = { alone: nginx().squash("all"), onTop };
    await build(new Catalog("acme", { alone: chain.alone, "on-top": chain.onTop }, { maxUnshared: 0 }), {
      store,
    });
  });

  it("counts the layers of a parent that is described here", async () => {
    const parent = nginx();
    const squashed = Image.from(parent).write("/srv/own", "1").squash("all");
    const sibling = Image.from(parent).write("/srv/sibling", "1");
    const both = tarOf(200_000) + tarOf(50_000);
    const catalog = (maxUnshared: number) => new Catalog("acme", { sibling, squashed }, { maxUnshared });
    await expect(build(catalog(both - 1), { store })).rejects.toMatchObject({ code: "SQUASH_UNSHARES" });
    await build(catalog(both), { store });
  });

  it("counts the base of others that is equal though it has another name", async () => {
    const output = join(folder, "same.tar");
    await build(Image.scratch().write("/usr/big", "f".repeat(200_000)).label("other", "yes"), {
      output,
      store,
    });
    const sibling = Image.from(Base.archive(output)).write("/srv/sibling", "1");
    const catalog = new Catalog("acme", { sibling, alone: nginx().squash("all") }, { maxUnshared: 0 });
    await expect(build(catalog, { store })).rejects.toMatchObject({ code: "SQUASH_UNSHARES" });
  });
});
