import { describe, expect, it } from "vitest";
import { Catalog, isCatalog } from "../../src/catalog/catalog.js";
import { Image } from "../../src/image/image.js";
import { hostPlatform, platformText } from "../../src/oci/platform.js";
import { refusal } from "../image/refusal.js";

const base = Image.from("debian");
const tool = Image.from("golang:1.24").run("make");
const hidden = Image.from(base).copy(tool.path("/out"), "/out");
const app = Image.from("scratch").layer("files", (it) => it.copy(hidden.path("/a"), "/a").mkdir("/b"));
const mounted = Image.from("alpine").run("x", {
  mounts: [{ type: "bind", target: "/m", source: app.path("/a") }],
});

describe("a catalog", () => {
  const catalog = new Catalog(
    "acme",
    { app, mounted, base, tool },
    { platforms: ["linux/x86_64", "linux/amd64", "linux/armhf"] },
  );

  it("holds images by name, in order, frozen", () => {
    expect(catalog.names).toEqual(["app", "mounted", "base", "tool"]);
    expect([...catalog].map(([name, image]) => [name, image])).toEqual(Object.entries(catalog.images));
    expect(catalog.images.app).toBe(app);
    expect([catalog, catalog.images, catalog.platforms].every(Object.isFrozen)).toBe(true);
    expect(catalog.platforms.map(platformText)).toEqual(["linux/amd64", "linux/arm/v7"]);
    expect(new Catalog("a", {}).platforms).toEqual([hostPlatform()]);
    expect([catalog, {}, null].map(isCatalog)).toEqual([true, false, false]);
  });

  it("knows what is made from what", () => {
    expect(catalog.dependencies("app")).toEqual(["base", "tool"]);
    expect(catalog.dependencies("mounted")).toEqual(["app"]);
    expect(catalog.dependencies("base")).toEqual([]);
    expect(refusal(() => catalog.dependencies("nope" as never)).code).toBe("CATALOG_INVALID");
  });

  it("maps its images and leaves itself as it is", () => {
    const labelled = catalog.map((image, name) => image.label("name", name));
    expect(labelled.images.tool.node.steps.at(-1)).toMatchObject({ kind: "label", labels: { name: "tool" } });
    expect(catalog.images.tool).toBe(tool);
    expect(labelled.platforms).toEqual(catalog.platforms);
    expect(refusal(() => catalog.map(null as never)).code).toBe("RECIPE_INVALID");
  });

  it("reads how much a squash may take out of sharing, and keeps it", () => {
    const limited = new Catalog("a", { base }, { maxUnshared: "1.5 MB" });
    expect(limited.maxUnshared).toBe(1_500_000);
    expect(limited.map((image) => image.label("a", "b")).maxUnshared).toBe(1_500_000);
    expect(new Catalog("a", {}, { maxUnshared: 20 }).maxUnshared).toBe(20);
    expect(new Catalog("a", {}).maxUnshared).toBeUndefined();
  });

  it.each([
    ["IMAGE_NAME_INVALID", () => new Catalog("", {})],
    ["IMAGE_NAME_INVALID", () => new Catalog("Acme", {})],
    ["IMAGE_NAME_INVALID", () => new Catalog("a", { "a//b": base })],
    ["IMAGE_NAME_INVALID", () => new Catalog("a", { myApp: base })],
    ["CATALOG_INVALID", () => new Catalog("a", [base] as never)],
    ["CATALOG_INVALID", () => new Catalog("a", base as never)],
    ["CATALOG_INVALID", () => new Catalog("a", { app: "debian" as never })],
    ["CATALOG_INVALID", () => new Catalog("a", {}, { platforms: [] })],
    ["ARGUMENT_INVALID", () => new Catalog("a", {}, { maxUnshared: "much" })],
    ["ARGUMENT_INVALID", () => new Catalog("a", {}, { maxUnshared: -1 })],
    ["PLATFORM_INVALID", () => new Catalog("a", {}, { platforms: ["linux"] })],
    ["OPTION_UNKNOWN", () => new Catalog("a", {}, { platform: [] } as never)],
  ])("refuses with %s (%#)", (code, act) => {
    const error = refusal(act);
    expect(error.code).toBe(code);
    expect(error.origin?.file).toBe(import.meta.filename);
  });

  it("tells how a name could be", () => {
    expect(refusal(() => new Catalog("a", { myApp: base })).message).toContain('write "my-app"');
  });
});
