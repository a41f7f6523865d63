import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build } from "../../src/api/build.js";
import { rebase } from "../../src/api/registry.js";
import { canonicalJson } from "../../src/core/json.js";
import { isLayerwrightError } from "../../src/errors/layerwright-error.js";
import { Base } from "../../src/image/base.js";
import { Image } from "../../src/image/image.js";
import { digestOf } from "../../src/oci/digest.js";
import { parseReference } from "../../src/oci/reference.js";
import type { RebaseOptions } from "../../src/project/registry/rebase.js";
import { registryFixture } from "./registry-fixture.js";

const passwd = "root:x:0:0::/:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n";
const distribution = (version: string) =>
  Image.scratch()
    .write("/etc/passwd", passwd)
    .write("/etc/group", "root:x:0:\nwww-data:x:33:\n")
    .write("/etc/version", version)
    .mkdir("/srv")
    .mkdir("/usr/bin")
    .write("/usr/bin/tool", `tool ${version}`, { mode: 0o755 })
    // A Dockerfile changes what is below with tools of the image, so a base without them is refused.
    .with((image) =>
      ["sh", "rm", "chmod", "chown"].reduce((all, tool) => all.write(`/bin/${tool}`, ""), image),
    )
    .env("VERSION", version)
    .env("LANG", "C.UTF-8")
    .label("version", version)
    .cmd(["/bin/sh"]);

let at: Awaited<ReturnType<typeof registryFixture>>;
const base = (version: string) => `${at.host}/distribution:${version}`;
const onto = (image: string, options: Partial<RebaseOptions> = {}) =>
  rebase(`${at.host}/${image}`, { onto: base("v2"), to: "rebased", ...at.common, ...options });

beforeAll(async () => {
  at = await registryFixture();
  mkdirSync(join(at.folder, "site"));
  writeFileSync(join(at.folder, "site/index.html"), "hello\n");
  await at.push(distribution("one"), "distribution:v1");
  await at.push(distribution("two").mkdir("/opt"), "distribution:v2");
  const moved = distribution("three").remove("/srv").mkdir("/srv", { mode: 0o700 });
  await at.push(moved, "distribution:moved");
});
afterAll(() => at.close());

describe("what an image says of its base", () => {
  it("is its name and its digest, and what each layer took from it", async () => {
    const image = Image.from(base("v1"))
      .write("/srv/a", "a")
      .write("/srv/b", "b", { owner: "www-data" })
      .chmod("/usr/bin/tool", 0o700);
    await at.push(image, "said:v1");
    const { annotations, layers } = await at.manifest("said:v1");
    expect(annotations).toEqual({
      "org.opencontainers.image.base.name": base("v1"),
      "org.opencontainers.image.base.digest": digestOf(canonicalJson(await at.manifest("distribution:v1"))),
    });
    const below = (await at.manifest("distribution:v1")).layers.length;
    expect(layers.map((layer) => layer.annotations?.["dev.layerwright.layer.base"])).toEqual([
      ...Array.from({ length: below }, () => undefined),
      "files",
      "names",
      "contents",
    ]);
  });

  it("is none where nobody looked into it, is handed on by a parent, and the user's word is stronger", async () => {
    const parent = Image.from(Base.registry(base("v1"), { folders: ["/srv"] })).write("/srv/a", "a");
    const child = Image.from(parent).annotation("org.opencontainers.image.base.name", "mine");
    await at.push(child, "child:v1");
    const { annotations, layers } = await at.manifest("child:v1");
    expect(annotations?.["org.opencontainers.image.base.name"]).toBe("mine");
    expect(annotations?.["org.opencontainers.image.base.digest"]).toMatch(/^sha256:/);
    expect(layers.at(-1)?.annotations).toEqual({ "dev.layerwright.layer.base": "none" });
  });

  it("is nothing for images on something else, and for those that have their base melted in", async () => {
    await at.push(Image.from(base("v1")).write("/srv/a", "a").squash("all"), "melted:v1");
    const melted = await at.manifest("melted:v1");
    expect(melted.annotations).toBeUndefined();
    expect(melted.layers.map(({ annotations }) => annotations)).toEqual([undefined]);
    expect((await at.manifest("distribution:v1")).annotations).toBeUndefined();
  });
});

describe("rebase", () => {
  it("gives what a build on the new base gives, and sends nothing but the config", async () => {
    const image = (version: string) =>
      Image.from(base(version))
        .copy("site/", "/srv/www/")
        .write("/etc/version", "mine")
        .remove("/usr/bin/tool")
        .env("LANG", "de_DE.UTF-8")
        .label("app", "1")
        .annotation("org.example.kept", "yes");
    const old = await at.push(image("v1"), "app:v1");
    const fresh = await at.push(image("v2"), "app:fresh");
    const result = await onto("app:v1", { to: "v1-rebased" });
    expect(result).toMatchObject({ digest: fresh, oldDigest: old, to: `${at.host}/app:v1-rebased` });
    expect(await at.manifest("app:v1-rebased")).toEqual(await at.manifest("app:fresh"));
    const [platform] = result.platforms;
    expect(platform).toMatchObject({ from: { name: base("v1") }, onto: { name: base("v2") }, unsafe: [] });
    expect(platform?.kept.map(({ use }) => use)).toEqual(["files", "files", "files"]);
    expect(platform?.added.length).toBeGreaterThan(0);
    // The config is there from the fresh build already.
    expect(result.pushed).toMatchObject({ sentBytes: 0 });
    const config = await at.config("app:v1-rebased");
    expect(config.config?.Env).toEqual(expect.arrayContaining(["VERSION=two", "LANG=de_DE.UTF-8"]));
    expect(config.config?.Labels).toEqual({ version: "two", app: "1" });
  });

  it("does so for any image of files that it takes", async () => {
    const path = fc.constantFrom("/srv/a", "/srv/new/b", "/etc/version", "/var/lib/x/y", "/top");
    const step = fc.oneof(
      fc.record({ op: fc.constant("write" as const), path, text: fc.string({ maxLength: 4 }) }),
      fc.record({ op: fc.constant("env" as const), path: fc.constantFrom("LANG", "VERSION", "NEW") }),
      fc.record({
        op: fc.constant("remove" as const),
        path: fc.constantFrom("/etc/version", "/usr/bin/tool"),
      }),
      fc.record({ op: fc.constant("entrypoint" as const) }),
      fc.record({ op: fc.constant("mkdir" as const), path: fc.constantFrom("/var/cache", "/srv/folder") }),
      fc.record({ op: fc.constant("label" as const), path: fc.constantFrom("version", "other") }),
    );
    const images = fc.array(step, { minLength: 1, maxLength: 6 });
    let run = 0;
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(images, fc.boolean(), async (steps, own) => {
        const imageOn = (version: string) => {
          let image = Image.from(base(version));
          for (const each of steps) {
            if (each.op === "write") image = image.write(each.path, each.text);
            else if (each.op === "env") image = image.env(each.path, "set here");
            else if (each.op === "remove") image = image.remove(each.path);
            else if (each.op === "mkdir") image = image.mkdir(each.path);
            else if (each.op === "label") image = image.label(each.path, "set here");
            else image = image.entrypoint(["/app"]);
          }
          return own ? image.squash("own") : image;
        };
        const name = `any-${run++}`;
        await at.push(imageOn("v1"), `${name}:v1`);
        const fresh = await at.push(imageOn("v2"), `${name}:fresh`);
        const result = await onto(`${name}:v1`).catch((error: unknown) => {
          // What is removed may have been looked into; that is refused rather than guessed.
          if (isLayerwrightError(error) && error.code === "REBASE_UNSAFE") return undefined;
          throw error;
        });
        if (result === undefined) return;
        taken++;
        expect(result.digest).toBe(fresh);
      }),
      { numRuns: 25 },
    );
    expect(taken).toBeGreaterThan(3);
  });

  it("takes every platform of an index", async () => {
    const platforms = ["linux/amd64", "linux/arm64"];
    for (const version of ["v1", "v2"]) {
      await at.push(distribution(version), `many-base:${version}`, { platforms });
    }
    const image = (version: string) => Image.from(`${at.host}/many-base:${version}`).write("/srv/a", "a");
    await at.push(image("v1"), "many:v1", { platforms });
    const fresh = await at.push(image("v2"), "many:fresh", { platforms });
    const result = await onto("many:v1", { onto: `${at.host}/many-base:v2`, to: `${at.host}/other:v9` });
    expect(result.digest).toBe(fresh);
    expect(result.platforms.map(({ platform }) => platform.architecture)).toEqual(["amd64", "arm64"]);
    expect((await at.client.resolve(parseReference(`${at.host}/other:v9`)))?.digest).toBe(fresh);
  });

  it("refuses layers that took more than folders from the base: REBASE_UNSAFE", async () => {
    const image = Image.from(base("v1"))
      .write("/srv/fine", "fine")
      .write("/srv/named", "x", { owner: "www-data" })
      .chown("/usr/bin/tool", 33);
    await at.push(image, "unsafe:v1");
    await expect(onto("unsafe:v1")).rejects.toMatchObject({
      code: "REBASE_UNSAFE",
      message: expect.stringMatching(
        /because of these layers: "write \/srv\/named.*" \(\d+ B, .* by name\); "chown .*files of the base\)$/,
      ),
    });
    expect(await at.client.resolve(parseReference(`${at.host}/unsafe:rebased`))).toBeUndefined();
    const dry = await onto("unsafe:v1", { dryRun: true });
    expect(dry.pushed).toBeUndefined();
    expect(dry.platforms[0]?.unsafe.map(({ use }) => use)).toEqual(["names", "contents"]);
    expect(await at.client.resolve(parseReference(`${at.host}/unsafe:rebased`))).toBeUndefined();
    const forced = await onto("unsafe:v1", { force: true });
    expect(forced.platforms[0]?.unsafe).toHaveLength(2);
    expect((await at.client.resolve(parseReference(`${at.host}/unsafe:rebased`)))?.digest).toBe(
      forced.digest,
    );
  });

  it("refuses files where the folders around them differ, and says which", async () => {
    await at.push(Image.from(base("v1")).write("/srv/deep/a", "a").write("/usr/bin/b", "b"), "ground:v1");
    await expect(onto("ground:v1", { onto: base("moved") })).rejects.toMatchObject({
      code: "REBASE_UNSAFE",
      message: expect.stringMatching(
        /this layer: "write \/srv\/deep\/a.*" \(\d+ B, the bases differ at \/srv\)$/,
      ),
    });
  });

  it("refuses images of other builders, which say nothing", async () => {
    await at.push(Image.from(base("v1")).write("/srv/a", "a"), "other:v1");
    const { annotations: _, layers, ...manifest } = await at.manifest("other:v1");
    const bare = { ...manifest, layers: layers.map(({ annotations: __, ...layer }) => layer) };
    const bytes = Buffer.from(canonicalJson(bare));
    const descriptor = { mediaType: manifest.mediaType, digest: digestOf(bytes), size: bytes.length };
    await at.client.putDocument(parseReference(`${at.host}/other:bare`), { descriptor, bytes });
    await expect(onto("other:bare")).rejects.toMatchObject({ code: "REBASE_BASE_UNKNOWN" });
    await expect(onto("other:bare", { oldBase: base("v2") })).rejects.toMatchObject({
      code: "REBASE_NOT_ON_BASE",
    });
    await expect(onto("other:bare", { oldBase: base("v1") })).rejects.toMatchObject({
      code: "REBASE_UNSAFE",
      message: expect.stringContaining("does not say"),
    });
    const forced = await onto("other:bare", { oldBase: base("v1"), force: true });
    const after = await at.manifest("other:rebased");
    expect(after.annotations?.["org.opencontainers.image.base.name"]).toBe(base("v2"));
    expect(forced.platforms[0]?.unsafe.map(({ use }) => use)).toEqual(["unknown"]);
  });

  it("finds the old base by its digest when its tag went on", async () => {
    await at.push(distribution("first"), "moving:latest");
    await at.push(Image.from(`${at.host}/moving`).write("/srv/a", "a"), "follows:v1");
    await at.push(distribution("second"), "moving:latest");
    const fresh = await at.push(Image.from(`${at.host}/moving`).write("/srv/a", "a"), "follows:fresh");
    const result = await onto("follows:v1", { onto: `${at.host}/moving`, to: undefined });
    expect(result.digest).toBe(fresh);
    expect(result.to).toBe(`${at.host}/follows:v1`);
    // It stands on it now, and there is nothing to be refused any more.
    expect((await onto("follows:v1", { onto: `${at.host}/moving` })).digest).toBe(fresh);
  });

  it("refuses a base for another platform, and a result without a name", async () => {
    const platforms = ["linux/arm/v7"];
    await at.push(distribution("v7"), "arm:v7", { platforms });
    await at.push(distribution("v6"), "arm:v6", { platforms: ["linux/arm/v6"] });
    const digest = await at.push(Image.from(`${at.host}/arm:v7`).write("/srv/a", "a"), "arm-app:v7", {
      platforms,
    });
    await expect(onto("arm-app:v7", { onto: `${at.host}/arm:v6` })).rejects.toMatchObject({
      code: "REBASE_PLATFORM_DIFFERS",
    });
    await expect(onto(`arm-app@${digest}`, { to: undefined })).rejects.toMatchObject({
      code: "REBASE_TARGET_MISSING",
    });
  });

  it("a build that is pushed nowhere has the digest of one that is", async () => {
    const image = Image.from(base("v1")).write("/srv/a", "a");
    const { digest } = await build(image, at.common);
    expect(await at.push(image, "same:v1")).toBe(digest);
  });
});
