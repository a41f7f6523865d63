import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build } from "../../src/api/build.js";
import { Catalog } from "../../src/catalog/catalog.js";
import { Image } from "../../src/image/image.js";
import { registryFixture } from "./registry-fixture.js";

let at: Awaited<ReturnType<typeof registryFixture>>;
beforeAll(async () => {
  at = await registryFixture();
  await at.push(Image.scratch().write("/usr/big", "f".repeat(200_000)), "distribution:v1");
  await at.push(Image.scratch().write("/usr/other", "other"), "other:v1");
});
afterAll(() => at.close());

/** An image squashed onto a base of a registry, beside one on some base. */
const beside = (sibling: string) =>
  new Catalog(
    "acme",
    {
      sibling: Image.from(`${at.host}/${sibling}`).write("/srv/sibling", "1"),
      squashed: Image.from(`${at.host}/distribution:v1`).write("/srv/own", "1").squash("all"),
    },
    { maxUnshared: "1kB", platforms: ["linux/amd64"] },
  );

describe("the limit of a catalog whose bases are in a registry", () => {
  it("refuses before the lock is written", async () => {
    const { context, store, registries } = at.common;
    const failed = build(beside("distribution:v1"), { context, store, registries });
    await expect(failed).rejects.toMatchObject({ code: "SQUASH_UNSHARES", subject: "squashed" });
    expect(existsSync(join(context, "layerwright.lock.json"))).toBe(false);
  });

  it("refuses under a lock too, which it does not change", async () => {
    const { context, store, registries } = at.common;
    const lock = join(context, "own.lock.json");
    const free = new Catalog("acme", beside("distribution:v1").images, { platforms: ["linux/amd64"] });
    await build(free, { context, store, registries, lock });
    const failed = build(beside("distribution:v1"), { context, store, registries, lock, locked: true });
    await expect(failed).rejects.toMatchObject({ code: "SQUASH_UNSHARES" });
  });

  it("lets pass what stands on another base", async () => {
    const { squashed } = await build(beside("other:v1"), at.common);
    expect(squashed?.[0]?.layers).toHaveLength(1);
  });

  it("checks each platform", async () => {
    const platforms = ["linux/amd64", "linux/arm64"];
    const base = Image.scratch().perPlatform({
      "linux/amd64": (it) => it.write("/usr/big", "small"),
      "linux/arm64": (it) => it.write("/usr/big", "f".repeat(200_000)),
    });
    const images = {
      sibling: Image.from(base).write("/srv/a", "1"),
      squashed: Image.from(base).write("/srv/b", "1").squash("all"),
    };
    const catalog = new Catalog("acme", images, { platforms, maxUnshared: "100kB" });
    await build(catalog, { ...at.common, platform: "linux/amd64" });
    await expect(build(catalog, at.common)).rejects.toMatchObject({ code: "SQUASH_UNSHARES" });
  });
});
