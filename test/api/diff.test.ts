import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { diff } from "../../src/api/analyze.js";
import { build } from "../../src/api/build.js";
import { Catalog } from "../../src/catalog/catalog.js";
import { Image } from "../../src/image/image.js";
import { type DiffOptions, diffLastBuilt } from "../../src/project/diff.js";
import { withObservedJobs } from "../../src/project/observe.js";
import { planImage } from "../../src/project/prepare/prepare.js";
import { registryFixture } from "./registry-fixture.js";

let folder: string;
let common: Pick<DiffOptions, "context" | "store">;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "layerwright-diff-"));
  common = { context: folder, store: join(folder, "store") };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const curl = (version: string) => `Package: curl\nStatus: install ok installed\nVersion: ${version}\n`;

describe("diff", () => {
  it("compares what is described, with the lines that changed it", async () => {
    const base = Image.scratch().write("/etc/motd", "hello\n");
    const before = Image.from(base).write("/srv/a", "1").env("MODE", "dev");
    const after = Image.from(base).write("/srv/a", "2").env("MODE", "prod");
    const difference = await diff(before, after, common);
    expect(difference.same).toBe(false);
    expect(difference.files).toMatchObject([
      {
        path: "/srv/a",
        change: "changed",
        aspects: ["content"],
        origin: { file: expect.stringMatching(/diff\.test\.ts$/) },
      },
    ]);
    expect(difference.config[0]).toMatchObject({
      field: "Env",
      key: "MODE",
      before: "dev",
      after: "prod",
      origin: { file: expect.stringMatching(/diff\.test\.ts$/) },
    });
    expect(difference.layers.map(({ change }) => change)).toEqual(["kept", "changed"]);
    expect(difference.pullBytes).toBe(difference.layers[1]?.after?.size);
  });

  it("finds no difference between an image and what was written of it, in any form", async () => {
    const image = Image.scratch().write("/a", "1").mkdir("/d", { mode: 0o700 }).label("x", "y");
    const archive = join(folder, "a.tar");
    const layout = join(folder, "layout");
    await build(image, { ...common, output: archive, reference: "acme/a" });
    await build(image, { ...common, output: { type: "layout", dest: layout } });
    expect(await diff(image, archive, common)).toMatchObject({
      same: true,
      config: [],
      files: [],
      packages: [],
    });
    expect(await diff(layout, archive, common)).toMatchObject({ same: true, pullBytes: 0 });
  });

  it("compares images of a registry", async () => {
    const at = await registryFixture();
    try {
      const base = Image.scratch().write("/base", "base");
      await at.push(Image.from(base).write("/a", "1"), "app:v1");
      await at.push(Image.from(base).write("/a", "22"), "app:v2");
      const { files, before } = await diff(`${at.host}/app:v1`, `${at.host}/app:v2`, {
        store: join(folder, "store"),
        registry: at.client,
      });
      expect(before.name).toBe(`${at.host}/app:v1`);
      expect(files?.map(({ path, bytes }) => [path, bytes])).toEqual([["/a", 1]]);
    } finally {
      await at.close();
    }
  });

  it("takes other compression for no difference of files, and says the sizes", async () => {
    const image = Image.scratch().write("/a", "text ".repeat(1000));
    const [one, two] = [join(folder, "one.tar"), join(folder, "two.tar")];
    await build(image, { ...common, output: one, compression: "gzip:9" });
    await build(image, { ...common, output: two, compression: "none" });
    const difference = await diff(one, two, common);
    expect(difference).toMatchObject({ same: false, config: [], files: [], layers: [{ change: "kept" }] });
    expect(difference.pullBytes).toBe(difference.after.size);
    expect(difference.after.size).toBeGreaterThan(difference.before.size);
  });

  it("is not misled by the time of a build", async () => {
    const image = Image.scratch().write("/a", "1");
    const [one, two] = [join(folder, "one.tar"), join(folder, "two.tar")];
    await build(image, { ...common, output: one });
    process.env["SOURCE_DATE_EPOCH"] = "1700000000";
    try {
      await build(image, { ...common, output: two });
    } finally {
      delete process.env["SOURCE_DATE_EPOCH"];
    }
    const without = await diff(one, two, common);
    expect(without.config).toEqual([]);
    expect(without.files).toEqual([]);
    expect(without.before.digest).not.toBe(without.after.digest);
    const asked = await diff(one, two, { ...common, times: true });
    expect(asked.config.map(({ field }) => field)).toEqual(["created", "history"]);
    expect(asked.files?.every(({ aspects }) => aspects.join() === "time")).toBe(true);
    expect(asked.files?.map(({ path }) => path)).toContain("/a");
  });

  it("reads packages of dpkg, apk, npm and Python out of the files that differ", async () => {
    const files: Readonly<Record<string, readonly [string, string]>> = {
      "/var/lib/dpkg/status": [`${curl("1")}\nPackage: old\nVersion: 3\n`, curl("2")],
      "/lib/apk/db/installed": ["P:musl\nV:1.2\n", "P:musl\nV:1.3\n\nP:zlib\nV:1\n"],
      "/app/node_modules/@acme/ui/package.json": ['{"name":"@acme/ui","version":"1.0.0"}', "no JSON"],
      "/app/node_modules/left/package.json": [
        '{"name":"left","version":"1.0.0"}',
        '{"name":"left","version":"1.0.1"}',
      ],
      "/app/node_modules/left/test/package.json": [
        '{"name":"test","version":"1"}',
        '{"name":"test","version":"2"}',
      ],
    };
    const image = (at: 0 | 1) =>
      Object.entries(files).reduce((so, [path, texts]) => so.write(path, texts[at]), Image.scratch());
    const site = "/usr/lib/python3/site-packages";
    const before = image(0).write(
      `${site}/foo-1.0.dist-info/METADATA`,
      "Name: foo\nVersion: 1.0\n\nVersion: x\n",
    );
    const after = image(1).write(`${site}/foo-1.1.dist-info/METADATA`, "Name: foo\nVersion: 1.1\n");
    const { packages } = await diff(before, after, common);
    const rows = packages?.map(({ kind, name, folder: where, ...it }) => [
      kind,
      name,
      where,
      it.before,
      it.after,
    ]);
    expect(rows).toEqual([
      ["apk", "musl", undefined, "1.2", "1.3"],
      ["apk", "zlib", undefined, undefined, "1"],
      ["dpkg", "curl", undefined, "1", "2"],
      ["dpkg", "old", undefined, "3", undefined],
      ["npm", "@acme/ui", "/app/node_modules", "1.0.0", undefined],
      ["npm", "left", "/app/node_modules", "1.0.0", "1.0.1"],
      ["python", "foo", site, "1.0", "1.1"],
    ]);
  });
});

describe("a catalog against its last build", () => {
  const catalogOf = (image: Image) => new Catalog("acme", { app: image }, { platforms: ["linux/amd64"] });

  async function now(image: Image) {
    const { plan } = planImage(image.node, { context: folder, platform: "linux/amd64" });
    return withObservedJobs([{ name: "app", plan, references: [] }], common, ([observed], workspace) =>
      diffLastBuilt(observed!, "acme", workspace),
    );
  }

  it("is new until it was built, then the same until it changes", async () => {
    writeFileSync(join(folder, "a"), "1");
    const image = Image.scratch().copy("a", "/srv/a");
    expect(await now(image)).toBeUndefined();
    await build(catalogOf(image), common);
    expect(await now(image)).toMatchObject({ same: true });
    writeFileSync(join(folder, "a"), "22");
    chmodSync(join(folder, "a"), 0o755);
    expect(await now(image)).toMatchObject({
      same: false,
      files: [{ path: "/srv/a", aspects: ["content", "mode"], bytes: 1 }],
    });
    // A comparison is no build: it compares with the same one again.
    expect(await now(image)).toMatchObject({ same: false });
  });

  it("compares all but files where a layer of the last build is gone, and says so by code", async () => {
    const image = (text: string) => Image.scratch().write("/base", "base").write("/srv/a", text);
    await build(catalogOf(image("1")), common);
    rmSync(join(folder, "store", "blobs"), { recursive: true });
    const difference = await now(image("22").env("A", "1"));
    expect(difference?.gap?.code).toBe("DIFF_LAYER_GONE");
    expect(difference?.gap?.message).toContain("of the last build of app is no longer in the store");
    expect(difference).not.toHaveProperty("files");
    expect(difference?.config[0]).toMatchObject({ field: "Env", key: "A", after: "1" });
    expect(difference?.layers.map(({ change }) => change)).toEqual(["kept", "changed"]);
    expect(difference?.before.size).toBeGreaterThan(0);
  });

  it("needs no layer of the last build that the image still has", async () => {
    const image = Image.scratch().write("/srv/a", "1");
    await build(catalogOf(image), common);
    rmSync(join(folder, "store", "blobs"), { recursive: true });
    const difference = await now(image.write("/srv/b", "2"));
    expect(difference?.gap).toBeUndefined();
    expect(difference?.files?.map(({ path }) => path)).toEqual(["/srv/b"]);
  });
});
