import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Base, Catalog, Image } from "layerwright";
import { catalogSnapshot, imageSnapshot } from "layerwright/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let context: string;
beforeAll(() => {
  context = mkdtempSync(join(tmpdir(), "layerwright-snapshot-"));
  writeFileSync(join(context, "app.js"), "1");
});
afterAll(() => rmSync(context, { recursive: true, force: true }));

const build = Image.from("node:24").workdir("/src").copy("app.js", ".").run("npm ci\nnpm run build");
const image = (text = "a") =>
  Image.from(`debian:bookworm-slim@sha256:${"a".repeat(64)}`)
    .copy("app.js", "/srv/", { owner: "www-data", mode: "a+r" })
    .copy(build.path("/src/dist"), "/srv/dist")
    .layer("settings", (it) =>
      it.write("/etc/app.conf", text, { mode: 0o640 }).symlink("app.conf", "/etc/link"),
    )
    .remove("/usr/share/doc")
    .env({ B: "2", A: "1" })
    .label({ z: "1", a: "2" })
    .annotation("note", "x")
    .expose(80, 443)
    .cmd(["node", "/srv/app.js"])
    .squash("own");

describe("the snapshot of an image", () => {
  it("is text to review", async () => {
    expect(await imageSnapshot(image(), { context })).toMatchSnapshot();
  });

  it("stays the same when contents, dates and places of code change", async () => {
    const before = await imageSnapshot(image(), { context });
    writeFileSync(join(context, "app.js"), "something else that is longer");
    utimesSync(join(context, "app.js"), 1, 1);
    expect(await imageSnapshot(image("another text"), { context })).toBe(before);
    expect(before).not.toContain("aaaa");
    expect(before).not.toContain(context);
  });

  it("changes when a file, a mode, an owner, a step or the config does", async () => {
    const before = await imageSnapshot(image(), { context });
    const changed = [
      image().write("/new", ""),
      image().chmod("/etc/app.conf", 0o600),
      image().chown("/etc/app.conf", 5),
      image().run("true"),
      image().env("A", "3"),
      image().squash("keep"),
    ];
    const texts = new Set(await Promise.all(changed.map((one) => imageSnapshot(one, { context }))));
    expect(texts.size).toBe(changed.length);
    expect(texts.has(before)).toBe(false);
  });

  it("refuses what is no image or catalog", async () => {
    for (const asked of [imageSnapshot("x" as never), catalogSnapshot(image() as never)])
      await expect(asked).rejects.toThrowError(expect.objectContaining({ code: "ARGUMENT_INVALID" }));
  });
});

describe("the snapshot of a catalog", () => {
  const only = Image.scratch().perPlatform({
    "linux/amd64": (it) => it.write("/amd64", ""),
    default: (it) => it.write("/other", ""),
  });
  const same = Image.scratch().write("/a", "1");
  const platforms = ["linux/amd64", "linux/arm64"];

  it("has each image by name, once for platforms that give the same", async () => {
    const text = await catalogSnapshot(new Catalog("acme", { same, only }, { platforms }));
    expect(text.match(/^# .*$/gm)).toEqual([
      "# only linux/amd64",
      "# only linux/arm64",
      "# same linux/amd64 linux/arm64",
    ]);
    const one = await catalogSnapshot(new Catalog("acme", { same, only }, { platforms }), {
      platform: "linux/arm64",
    });
    expect(one.match(/^# .*$/gm)).toEqual(["# only linux/arm64", "# same linux/arm64"]);
  });

  it("takes a context", async () => {
    expect(await catalogSnapshot(new Catalog("acme", { app: image() }), { context })).toContain(
      "/srv/app.js",
    );
    await expect(
      catalogSnapshot(new Catalog("acme", { app: Image.from(Base.layout("none")) }), { context }),
    ).rejects.toThrowError(expect.objectContaining({ code: "BASE_NOT_FOUND" }));
  });
});
