import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Catalog, dockerfile, Image, synth } from "layerwright";
import { afterAll, describe, expect, test } from "vitest";

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
    expect(manifest.version).toBe(2);
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

  test("keeps what other runs wrote of other images, and not what an older version listed", async () => {
    const place = join(context, "layerwright.out/manifest.json");
    writeFileSync(place, JSON.stringify({ version: 1, images: [{ name: "old", platform: "linux/amd64" }] }));
    const names = () =>
      JSON.parse(readFileSync(place, "utf8")).images.map((one: { name: string }) => one.name);
    await synth(new Catalog("acme", { same }, { platforms }), { context });
    expect(names()).toEqual(["same"]);
    await synth(new Catalog("acme", { differs }, { platforms }), { context });
    expect(names()).toEqual(["differs", "same"]);
  });
});

describe("dockerfile", () => {
  test("for several platforms is one text", () => {
    expect(dockerfile(same, { platforms })).toBe(dockerfile(same, { platform: "linux/arm64" }));
    expect(dockerfile(differs, { platforms })).toContain("FROM image-${TARGETARCH} AS image\n");
  });

  test("needs a platform: ARGUMENT_INVALID", () => {
    expect(() => dockerfile(same, { platforms: [] })).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID" }),
    );
  });
});
