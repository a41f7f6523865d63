import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, Catalog, Image } from "layerwright";
import { afterAll, describe, expect, test } from "vitest";
import { withBuiltImages } from "../../src/project/build.js";
import { planImage } from "../../src/project/prepare/prepare.js";
import { elfFile } from "../engine/support/elf-file.js";

const folder = mkdtempSync(join(tmpdir(), "layerwright-platforms-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const store = join(folder, "store");
const platforms = ["linux/amd64", "linux/aarch64"];
const hello = Image.scratch().write("/hello.txt", "hello\n").cmd(["/hello"]);

type Json = ReturnType<typeof JSON.parse>;

function json(layout: string, path: string): Json {
  return JSON.parse(readFileSync(join(layout, path), "utf8"));
}

function blob(layout: string, digest: string): Json {
  return json(layout, `blobs/sha256/${digest.slice("sha256:".length)}`);
}

describe("an image for several platforms", () => {
  test("is an index over a manifest a platform, and what does not differ is made and stored once", async () => {
    const dest = join(folder, "layout");
    const results = await build(hello, {
      platforms,
      store,
      reference: "acme/hello:v1",
      output: { type: "layout", dest },
    });
    expect(results.map(({ platform }) => platform.architecture)).toEqual(["amd64", "arm64"]);
    const [first, second] = results;
    expect(first!.layers[0]!.digest).toBe(second!.layers[0]!.digest);
    expect([first!.layers[0]!.cached, second!.layers[0]!.cached]).toEqual([false, true]);
    const { manifests } = json(dest, "index.json");
    expect(manifests).toHaveLength(1);
    expect(manifests[0]).toMatchObject({
      mediaType: "application/vnd.oci.image.index.v1+json",
      digest: first!.index,
      annotations: { "io.containerd.image.name": "docker.io/acme/hello:v1" },
    });
    expect(second!.index).toBe(first!.index);
    const index = blob(dest, manifests[0].digest);
    expect(index.manifests.map(({ digest, platform }: Json) => ({ digest, platform }))).toEqual(
      results.map(({ digest, platform }) => ({ digest, platform })),
    );
    for (const { digest } of index.manifests) {
      const config = blob(dest, blob(dest, digest).config.digest);
      expect(platforms.map((name) => name.replace("aarch64", "arm64"))).toContain(
        `${config.os}/${config.architecture}`,
      );
    }
    // One layer, two configs, two manifests, one index.
    expect(readdirSync(join(dest, "blobs", "sha256"))).toHaveLength(6);
    expect(blobsOf(store)).toHaveLength(1);
  });

  test("without a name is one index too", async () => {
    const dest = join(folder, "unnamed");
    const [first] = await build(hello, { platforms, store, output: { type: "layout", dest } });
    expect(json(dest, "index.json").manifests).toEqual([expect.objectContaining({ digest: first!.index })]);
  });

  test("for one platform of a list is that image, with no index", async () => {
    const [only, ...others] = await build(hello, { platforms: ["linux/amd64", "linux/x86_64"], store });
    expect(others).toEqual([]);
    expect(only!.index).toBeUndefined();
    expect((await build(hello, { platform: "linux/amd64", store })).digest).toBe(only!.digest);
  });

  test.each(["archive", "rootfs"] as const)(
    "is not written to one %s, and nothing is built: OUTPUT_PLATFORMS",
    async (type) => {
      const dest = join(folder, `${type}.tar`);
      const unused = join(folder, `${type}-store`);
      await expect(build(hello, { platforms, store: unused, output: { type, dest } })).rejects.toMatchObject({
        code: "OUTPUT_PLATFORMS",
      });
      expect(existsSync(dest) || existsSync(unused)).toBe(false);
    },
  );

  test("needs a platform: ARGUMENT_INVALID, PLATFORM_INVALID", async () => {
    await expect(build(hello, { platforms: [] })).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    await expect(build(hello, { platforms: ["linux"] })).rejects.toMatchObject({ code: "PLATFORM_INVALID" });
  });
});

describe("a program for each platform", () => {
  const image = Image.scratch().perPlatform({
    "linux/amd64": (it) => it.binary("app-amd64", "/app"),
    "linux/arm64": (it) => it.binary("app-arm64", "/app"),
  });
  const context = join(folder, "programs");
  const programs = (arm64: number) => {
    mkdirSync(context, { recursive: true });
    writeFileSync(join(context, "app-amd64"), elfFile({}), { mode: 0o755 });
    writeFileSync(join(context, "app-arm64"), elfFile({ machine: arm64 }), { mode: 0o755 });
  };

  test("goes into the image of its platform", async () => {
    programs(183);
    const results = await build(image, { platforms, store, context });
    expect(new Set(results.map(({ layers }) => layers[0]!.digest)).size).toBe(2);
  });

  test("is refused where it is of another, and nothing is written: BINARY_WRONG_MACHINE", async () => {
    programs(62);
    const dest = join(folder, "wrong.tar");
    const building = build(image, { platforms, store, context, output: { type: "oci", dest } });
    await expect(building).rejects.toMatchObject({
      code: "BINARY_WRONG_MACHINE",
      shortMessage: "binary: app-arm64 must be built for arm64, got amd64",
    });
    expect(existsSync(dest)).toBe(false);
    await build(image, { platform: "linux/amd64", store, context });
  });
});

describe("a catalog for several platforms", () => {
  const catalog = new Catalog("acme", { hello, other: hello.label("a", "1") }, { platforms });

  test("is one file an image, or one layout", async () => {
    const dest = join(folder, "out");
    const { hello: results } = await build(catalog, { store, output: { type: "oci", dest } });
    expect(readdirSync(dest).sort()).toEqual(["hello.tar", "other.tar"]);
    expect(results.map(({ output }) => output?.dest)).toEqual(Array(2).fill(`${dest}/hello.tar`));
    const layout = join(folder, "catalog");
    const built = await build(catalog, { store, output: { type: "layout", dest: layout } });
    expect(json(layout, "index.json").manifests.map(({ digest }: Json) => digest)).toEqual([
      built.hello[0]!.index,
      built.other[0]!.index,
    ]);
  });

  test("is an archive a platform, as one file holds one", async () => {
    const dest = join(folder, "archives");
    const { hello: results } = await build(catalog, { store, output: dest });
    expect(readdirSync(dest).sort()).toEqual([
      "hello-amd64.tar",
      "hello-arm64.tar",
      "other-amd64.tar",
      "other-arm64.tar",
    ]);
    expect(results.map(({ index }) => index)).toEqual([undefined, undefined]);
  });
});

describe("images that are built together", () => {
  const jobs = [hello, hello.label("a", "1")].map((image) => ({
    plan: planImage(image.node, {}).plan,
    references: [],
  }));

  test("are all open for whoever takes them, once", async () => {
    let calls = 0;
    const sizes = await withBuiltImages(jobs, { store }, async (built) => {
      calls++;
      const sizes: number[] = [];
      for (const { image } of built)
        for await (const chunk of image.layers[0]!.blob()) sizes.push(chunk.length);
      return sizes;
    });
    expect(calls).toBe(1);
    expect(sizes[0]).toBeGreaterThan(0);
    expect(sizes[0]).toBe(sizes[1]);
  });

  test("are closed when it fails", async () => {
    const failed = withBuiltImages(jobs, { store }, () => Promise.reject(new Error("full")));
    await expect(failed).rejects.toThrow("full");
  });
});

function blobsOf(place: string): string[] {
  return readdirSync(join(place, "blobs", "sha256"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}
