import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Catalog, context as contextFolder, dockerfile, Image, synth } from "layerwright";
import { afterAll, describe, expect, test } from "vitest";
import { parsePlatform } from "../../src/oci/platform.js";
import { planImage } from "../../src/project/prepare/prepare.js";
import { synthPlans } from "./of-plans.js";

const context = mkdtempSync(join(tmpdir(), "layerwright-synth-platforms-"));
afterAll(() => rmSync(context, { recursive: true, force: true }));

const platforms = ["linux/amd64", "linux/arm64"];
const same = Image.from("alpine:3").write("/a", "1\n");
const differs = same.annotation("all", "1").perPlatform({
  "linux/amd64": (image) => image.env("CPU", "amd64").annotation("cpu", "amd64"),
  "linux/arm64": (image) => image.env("CPU", "arm64").annotation("cpu", "arm64"),
});

describe("synth of a catalog for several platforms", () => {
  test("writes one Dockerfile an image, and lists its platforms", async () => {
    const catalog = new Catalog("acme", { same, differs }, { platforms });
    const { out, images } = await synth(catalog, { context });
    expect(images.map(({ name, dockerfile: path }) => [name, path])).toEqual([
      ["same", "layerwright.out/same/Dockerfile"],
      ["differs", "layerwright.out/differs/Dockerfile"],
    ]);
    expect(readdirSync(join(out, "differs")).sort()).toEqual(["Dockerfile", "Dockerfile.dockerignore"]);
    const manifest = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"));
    expect(manifest.version).toBe(3);
    expect(manifest.images.map(({ name, platforms }: Record<string, unknown>) => [name, platforms])).toEqual([
      ["differs", platforms],
      ["same", platforms],
    ]);
    expect(images[0]!.command).toContain(" --platform linux/amd64,linux/arm64 ");
  });

  test("names the manifest of an annotation that differs", async () => {
    const { images } = await synth(new Catalog("acme", { differs }, { platforms }), { context });
    const annotations = images[0]!.command.match(/--annotation ('[^']*'|\S+)/g);
    expect(annotations).toEqual([
      "--annotation all=1",
      "--annotation 'manifest[linux/amd64]:cpu=amd64'",
      "--annotation 'manifest[linux/arm64]:cpu=arm64'",
    ]);
  });

  test("lists what the catalog has, and not what an older version listed", async () => {
    const place = join(context, "layerwright.out/manifest.json");
    writeFileSync(
      place,
      JSON.stringify({ version: 2, images: [{ name: "old", platforms: ["linux/amd64"] }] }),
    );
    const names = () =>
      JSON.parse(readFileSync(place, "utf8")).images.map((one: { name: string }) => one.name);
    await synth(new Catalog("acme", { same, old: same }, { platforms }), { context });
    expect(names()).toEqual(["old", "same"]);
    await synth(new Catalog("acme", { same }, { platforms }), { context });
    expect(names()).toEqual(["same"]);
  });
});

describe("the bake file", () => {
  const bake = () => JSON.parse(readFileSync(join(context, "layerwright.out/docker-bake.json"), "utf8"));
  const platform = parsePlatform("linux/amd64");
  const planned = (name: string, image: Image) => ({
    name,
    platform,
    optimized: planImage(image.node, { platform, context }),
  });
  const child = Image.from(same).write("/b", "2\n");
  const catalog = { name: "acme", names: ["parent", "child", "lib"], groups: { all: ["parent", "child"] } };

  test("keeps the targets of images that were not written again, and puts them on what is there now", async () => {
    await synthPlans([planned("parent", same), planned("child", child)], { context, catalog });
    const linked = { alpine: "target:parent" };
    expect(bake().target.child.contexts).toEqual(linked);
    await synthPlans([planned("child", child)], { context, catalog });
    expect(Object.keys(bake().target)).toEqual(["child", "parent"]);
    expect(bake().target.child.contexts).toEqual(linked);
    // The parent is another image now than the one that the child's Dockerfile repeats.
    await synthPlans([planned("parent", same.env("NEW", "1"))], { context, catalog });
    expect(bake().target.child.contexts).toBeUndefined();
    expect(bake().group.all.targets).toEqual(["parent", "child"]);
  });

  test("does not take stages for the same that read other folders under one name", async () => {
    const reading = (folder: string) => Image.scratch().copy(contextFolder("lib", folder), "/lib/");
    for (const folder of ["one", "two"]) {
      mkdirSync(join(context, folder), { recursive: true });
      writeFileSync(join(context, folder, "file"), folder);
    }
    const from = (folder: string) => Image.from(reading(folder)).write("/b", "2\n");
    await synthPlans([planned("lib", reading("one")), planned("child", from("one"))], { context, catalog });
    expect(bake().target.child.contexts).toEqual({ "lib-2": "target:lib", lib: "one" });
    await synthPlans([planned("lib", reading("one")), planned("child", from("two"))], { context, catalog });
    expect(bake().target.child.contexts).toEqual({ lib: "two" });
  });

  test("is not written for buildah's dialect", async () => {
    const { bake: path } = await synth(new Catalog("acme", { same }), { context, dialect: "classic" });
    expect(path).toBeUndefined();
    expect(readdirSync(join(context, "layerwright.out"))).not.toContain("docker-bake.json");
  });
});

describe("dockerfile", () => {
  test("for several platforms is one text", async () => {
    expect(await dockerfile(same, { platforms })).toBe(await dockerfile(same, { platform: "linux/arm64" }));
    expect(await dockerfile(differs, { platforms })).toContain("FROM image-${TARGETARCH} AS image\n");
  });

  test("needs a platform: ARGUMENT_INVALID", async () => {
    await expect(dockerfile(same, { platforms: [] })).rejects.toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID" }),
    );
  });
});
