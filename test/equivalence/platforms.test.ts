import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Base, build, Catalog, Image, synth } from "layerwright";
import { afterAll, describe, expect, test } from "vitest";
import { compareImages } from "../peers/compare.js";
import { imageListing } from "../peers/image-listing.js";
import { buildersOf, readyBuilders } from "./builders.js";

const platforms = ["linux/amd64", "linux/arm64", "linux/arm/v7"];
const { ready, missing } = readyBuilders();
const work = mkdtempSync(join(tmpdir(), "layerwright-platforms-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Differences in a source, a parent, the files, the modes, the config and the number of layers. */
function described(): Image {
  const tool = Image.scratch().perPlatform({
    "linux/amd64": (image) => image.copy("amd64/tool", "/tool"),
    "linux/arm64": (image) => image.copy("arm64/tool", "/tool"),
    default: (image) => image.write("/tool", "another\n"),
  });
  const parent = Image.scratch()
    .mkdir("/var/lib/app", { owner: "1000:1000", mode: 0o750 })
    .perPlatform({
      "linux/arm64": (image) => image.write("/etc/parent", "arm64\n").mkdir("/etc/app", { mode: 0o700 }),
      default: (image) => image.env("PARENT", "other"),
    });
  return Image.from(parent)
    .copy("common/", "/srv/", { mode: "u=rwX,go=rX" })
    .copy(tool.path("/tool"), "/usr/bin/tool", { mode: 0o755 })
    .perPlatform({
      "linux/amd64": (image) =>
        image.write("/etc/cpu", "amd64\n").write("/etc/more", "1\n").env("CPU", "amd64"),
      "linux/arm64": (image) => image.write("/etc/cpu", "arm64\n").label("cpu", "arm64").user(1000),
      default: (image) => image.copy("common/sub/b", "/srv/a").env("CPU", "other"),
    })
    .workdir("/srv")
    .cmd(["/usr/bin/tool"]);
}

function project(): string {
  const context = mkdtempSync(join(work, "context-"));
  for (const path of ["common/a", "common/sub/b", "amd64/tool", "arm64/tool"]) {
    mkdirSync(join(context, path, ".."), { recursive: true });
    writeFileSync(join(context, path), `${path}\n`);
  }
  return context;
}

/** Builds the image directly for all platforms, and from its one Dockerfile for each, and says what is different. */
async function differencesOf(
  name: string,
  image: Image,
  context: string,
  namedContexts: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const store = join(work, "store");
  const catalog = new Catalog("acme", { image }, { platforms });
  const dockerfiles = new Map<string, string>();
  for (const dialect of ["buildkit", "classic"] as const) {
    const { images } = await synth(catalog, { context, store, dialect, out: `out-${dialect}` });
    expect(images).toHaveLength(1);
    expect(images[0]!.command).toContain(` --platform ${platforms.join(",")} `);
    dockerfiles.set(dialect, join(context, images[0]!.dockerfile));
  }
  const dest = join(work, "ours.tar");
  await build(image, { context, store, compression: "none", platforms, output: { type: "oci", dest } });
  const differences: string[] = [];
  for (const builder of buildersOf(ready, name)) {
    const dockerfile = dockerfiles.get(builder.dialect)!;
    if (builder.refuses?.(readFileSync(dockerfile, "utf8")) !== undefined) continue;
    for (const platform of platforms) {
      const outOciTar = join(work, "theirs.tar");
      await builder.build(builder.found, {
        contextDir: context,
        dockerfile,
        platform,
        outOciTar,
        namedContexts,
      });
      const theirs = imageListing(outOciTar);
      const [, architecture] = platform.split("/");
      expect(theirs.config["architecture"]).toBe(architecture);
      for (const line of compareImages(imageListing(dest, architecture), theirs))
        differences.push(`${builder.name} ${platform}: ${line}`);
    }
  }
  return differences;
}

describe("an image that differs by platform is the same from one Dockerfile", () => {
  test.runIf(missing.length > 0)("with every builder", ({ skip }) => skip(missing.join("; ")));

  test.each(["keep", "own"] as const)("squash %s", { timeout: 600_000 }, async (policy) => {
    const image = described().squash(policy);
    expect(await differencesOf(`platforms-${policy}`, image, project())).toEqual([]);
  });

  test.each(["keep", "all"] as const)("on such a base, squash %s", { timeout: 600_000 }, async (policy) => {
    const context = project();
    const output = { type: "layout", dest: join(context, "base") } as const;
    const store = join(work, "store");
    await build(described(), { context, store, platforms, reference: "acme/base:v1", output });
    const image = Image.from(Base.layout("base", { tag: "v1" }))
      .write("/etc/app/conf", "1\n")
      .squash(policy);
    const named = { "base-layout": `oci-layout://${output.dest}:v1` };
    expect(await differencesOf(`platforms-base-${policy}`, image, context, named)).toEqual([]);
  });
});
