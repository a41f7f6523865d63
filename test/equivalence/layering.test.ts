import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Base, build, Catalog, Image, lock, synth } from "layerwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { compareImages } from "../peers/compare.js";
import { imageListing } from "../peers/image-listing.js";
import { buildersOf, readyBuilders } from "./builders.js";

const { ready, missing } = readyBuilders();
const work = mkdtempSync(join(tmpdir(), "layerwright-layering-"));
const context = join(work, "context");
beforeAll(() => {
  ensureBases();
  for (const [path, size] of [
    ["deps/lib.js", 200_000],
    ["deps/sub/lib.js", 100_000],
    ["api/app", 30_000],
    ["web/app", 40_000],
  ] as const) {
    mkdirSync(join(context, path, ".."), { recursive: true });
    writeFileSync(join(context, path), path.repeat(size / path.length));
  }
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Layers in another order, joined ones, and some that are the same on three bases. */
function described() {
  const app = (base: Image, name: string) =>
    base
      .copy(`${name}/`, "/srv/app/")
      .copy("deps/", "/srv/lib/node_modules/")
      .write("/srv/app/settings", "a=1\n")
      .symlink("/srv/app", "/srv/current")
      .copy("api/app", "/srv/bin/app", { mode: 0o755 })
      .squash("auto");
  const parent = Image.scratch().mkdir("/srv", { mode: 0o755 }).write("/etc/parent", "1\n");
  return {
    api: app(Image.scratch(), "api"),
    web: app(Image.from(parent), "web"),
    site: app(Image.from(Base.layout(join(BASES, "layout"), { tag: "v1" })), "web").copy(
      "api/app",
      "/a/b/app",
    ),
  };
}

/** Where the base is for a Dockerfile. */
const namedContexts = { layout: `oci-layout://${join(BASES, "layout")}:v1` };

describe('squash "auto"', () => {
  test.runIf(missing.length > 0)("with every builder", ({ skip }) => skip(missing.join("; ")));

  test("is the same image from a Dockerfile, decided or not", { timeout: 600_000 }, async () => {
    const platforms = ["linux/amd64"];
    const catalog = new Catalog("layering", described(), { platforms });
    const store = join(work, "store");
    const differences: string[] = [];
    let compared = 0;
    for (const isDecided of [false, true]) {
      if (isDecided) await lock(catalog, { context, store });
      for (const builder of buildersOf(ready, "layering")) {
        const { dialect } = builder;
        const { images } = await synth(catalog, { context, store, dialect, out: `out-${dialect}` });
        for (const [name, image] of catalog) {
          const dest = join(work, "ours.tar");
          await build(image, {
            context,
            store,
            compression: "none",
            output: { type: "oci", dest },
            ...(isDecided ? { locked: true } : { lock: false }),
          });
          const dockerfile = join(context, images.find((one) => one.name === name)!.dockerfile);
          if (builder.refuses?.(readFileSync(dockerfile, "utf8")) !== undefined) continue;
          const outOciTar = join(work, "theirs.tar");
          await builder.build(builder.found, {
            contextDir: context,
            dockerfile,
            outOciTar,
            namedContexts,
          });
          compared++;
          for (const line of compareImages(imageListing(dest), imageListing(outOciTar)))
            differences.push(`${builder.name} ${name} ${isDecided ? "decided" : "undecided"}: ${line}`);
        }
      }
    }
    expect(differences).toEqual([]);
    if (ready.length > 0) expect(compared).toBeGreaterThan(0);
    const { layering } = JSON.parse(readFileSync(join(context, "layerwright.lock.json"), "utf8"));
    expect(
      Object.values<{ portable: number[] }>(layering).filter(({ portable }) => portable.length > 0),
    ).toHaveLength(3);
  });
});
