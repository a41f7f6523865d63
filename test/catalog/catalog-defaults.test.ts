import { describe, expect, it } from "vitest";
import { dockerfile } from "../../src/api/dockerfile.js";
import { Catalog } from "../../src/catalog/catalog.js";
import { Image } from "../../src/image/image.js";
import { refusal } from "../image/refusal.js";

const tool = Image.scratch().write("/tool", "1");
const hidden = Image.from("debian").env("HIDDEN", "1");
const base = Image.from(hidden).label("who", "own");
const app = Image.from(base)
  .layer("files", (image) => image.copy(tool.path("/tool"), "/tool").copy(base.path("/etc/motd"), "/motd"))
  .run("true", { mounts: [{ type: "bind", target: "/m", source: base.path("/etc") }] });
const images = { base, app };

const linesOf = async (image: Image) =>
  (await dockerfile(image, { platform: "linux/amd64" }))
    .split("\n")
    .filter((line) => /^(FROM|LABEL|ENV|COPY|RUN)/.test(line));

describe("labels and defaults", () => {
  const catalog = new Catalog("acme", images, {
    labels: { vendor: "acme", who: "shared" },
    defaults: (image) => image.env("LANG", "C.UTF-8").env("HIDDEN", "0"),
  });

  it("come right after the base from outside, once, and the image's own win", async () => {
    const text = (await linesOf(catalog.images.app)).join("\n");
    expect(text.match(/LABEL .*vendor=acme/g)).toHaveLength(1);
    expect(text.match(/LANG=/g)).toHaveLength(1);
    const order = ["FROM debian", "LANG=C.UTF-8", "HIDDEN=1", "who=shared", "who=own", "COPY"];
    const places = order.map((word) => text.indexOf(word));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it("leave an image on the one that is its base, also where it copies from it, and spare what is copied from", () => {
    expect(catalog.dependencies("app")).toEqual(["base"]);
    const [from] = catalog.images.app.node.steps;
    const sources =
      from?.kind === "layer" ? from.steps.flatMap((step) => (step.kind === "copy" ? step.sources : [])) : [];
    expect(sources.map((source) => source.from === "image" && source.image)).toEqual([
      tool.node,
      catalog.images.base.node,
    ]);
    expect(images.app.node.base).toMatchObject({ image: base.node });
  });

  it("change nothing where there are none", () => {
    const plain = new Catalog("acme", images);
    expect(plain.images.app).toBe(app);
    expect(new Catalog("acme", images, { defaults: (image) => image }).images.app.node).toMatchObject(
      app.node,
    );
  });

  it("are refused where they are none", () => {
    expect(refusal(() => new Catalog("a", images, { defaults: "x" as never })).code).toBe("RECIPE_INVALID");
    expect(refusal(() => new Catalog("a", images, { labels: { a: 1 } as never })).code).toBe("LABEL_INVALID");
  });
});

describe("map", () => {
  const written = (image: Image, name: string) => image.write("/mapped", name);

  it("leaves each image on the base it was made from", () => {
    const mapped = new Catalog("acme", images).map(written);
    expect(mapped.images.app.node.base).toEqual(app.node.base);
    expect(mapped.dependencies("app")).toEqual([]);
  });

  it("with bases puts it onto what the base became, also where it copies from it", async () => {
    const mapped = new Catalog("acme", { ...images, again: base }).map(written, { bases: true });
    expect(mapped.dependencies("app")).toEqual(["base"]);
    expect(mapped.images.app.node.base).toMatchObject({ image: mapped.images.base.node });
    expect(mapped.images.app.node.steps.at(-1)).toMatchObject({ path: "/mapped" });
    expect((await linesOf(mapped.images.app)).filter((line) => line.includes("/mapped"))).toHaveLength(2);
    // The same image under another name is changed for that name.
    expect(mapped.images.again.node).not.toBe(mapped.images.base.node);
    expect(refusal(() => mapped.map(written, { base: true } as never)).code).toBe("OPTION_UNKNOWN");
  });
});
