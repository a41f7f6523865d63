import { describe, expect, it } from "vitest";
import { reportHtml } from "../../../src/analyze/report/report-html.js";
import { reportOf } from "../../../src/analyze/report/report-of.js";
import { imageOf, layerOf } from "../../report/observed.js";

const made = "2026-11-28T12:00:00.000Z";
const input = { title: "acme", made };
const base = layerOf("base", { "bin/sh": 1000, "etc/motd": 10 });
const common = layerOf("copy modules", { "app/modules/a.js": 500 }, 7);
const api = imageOf("api", [base, common, layerOf("copy api", { "app/api.js": 200 }, 9)]);
const web = imageOf("web", [base, layerOf("copy site", { "srv/index.html": 300 }, 12), common]);

describe("the data of a report", () => {
  it("has each layer once, also one that is shared on different layers", async () => {
    const { layers, images, totals, lines } = await reportOf([api, web], input);
    expect(layers.map(({ description, images: having }) => [description, having])).toEqual([
      ["base", [0, 1]],
      ["copy modules", [0, 1]],
      ["copy api", [0]],
      ["copy site", [1]],
    ]);
    expect(images.map((image) => image.layers)).toEqual([
      [0, 1, 2],
      [0, 3, 1],
    ]);
    expect(images.map(({ uniqueBytes }) => uniqueBytes)).toEqual([1224, 1324]);
    const virtual = images.reduce((sum, { virtualBytes }) => sum + virtualBytes, 0);
    expect(totals).toMatchObject({ images: 2, layers: 4, virtualBytes: virtual });
    expect(virtual - totals.effectiveBytes).toBe(base.uncompressedSize + common.uncompressedSize);
    expect(layers.map(({ line, base: isBase }) => [line === undefined ? "" : lines[line], isBase])).toEqual([
      ["", true],
      ["catalog.ts:7", false],
      ["catalog.ts:9", false],
      ["catalog.ts:12", false],
    ]);
  });

  it("adds the image of now to the earlier sizes, unless it was the last of them", async () => {
    const sizes = { bytes: 10, layers: 1 };
    const old = { at: "2026-11-27T12:00:00.000Z", digest: "sha256:old", ...sizes };
    const historyOf = async ({ name, digest }: typeof api) =>
      name === "api" ? [old] : [old, { at: "2026-11-28T09:00:00.000Z", digest: digest!, ...sizes }];
    const { images } = await reportOf([api, web], { ...input, historyOf });
    expect(images.map(({ history }) => history.map(({ at }) => at))).toEqual([
      [old.at, made],
      [old.at, "2026-11-28T09:00:00.000Z"],
    ]);
  });

  it("makes one row of what several images waste alike, and counts its bytes once", async () => {
    const row = {
      kind: "log",
      what: "what programs wrote",
      bytes: 10,
      files: 1,
      paths: ["/etc/motd"],
      fix: "remove it",
    };
    const own = {
      ...row,
      bytes: 200,
      layer: { index: 2 },
      origin: { file: "catalog.ts", line: 9, column: 3 },
    };
    const wasteOf = async ({ name }: typeof api) => ({
      efficiency: 0.5,
      rows: [{ ...row, layer: { index: 0 } }, ...(name === "api" ? [own] : [])],
    });
    const { waste, totals, lines } = await reportOf([api, web], { ...input, wasteOf });
    expect(waste?.map(({ bytes, images, layer }) => [bytes, images, layer])).toEqual([
      [200, [0], 2],
      [10, [0, 1], 0],
    ]);
    expect(lines[waste![0]!.line!]).toBe("catalog.ts:9");
    expect(totals.wastedBytes).toBe(210);
    expect((await reportOf([api], input)).totals).not.toHaveProperty("wastedBytes");
  });

  it("lists the largest files of every layer, and counts the others", async () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`many/${at}`, 1 + (at % 7)]));
    const large = imageOf("large", [
      layerOf("many", { ...many, "one/large": 90_000 }),
      layerOf("few", { "a/b": 5 }),
    ]);
    const { layers } = await reportOf([large], { ...input, maxNodes: 100 });
    expect(JSON.stringify(layers).length).toBeLessThan(4000);
    expect(layers[0]!.files[0]).toEqual(["one", [["large", 90_000]]]);
    const listed = layers[0]!.files[1]![1] as unknown as [string | number, number][];
    const others = listed.at(-1)!;
    expect(typeof others[0]).toBe("number");
    expect(Number(others[0]) + listed.length - 1).toBe(5000);
    expect(listed.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(
      Object.values(many).reduce((a, b) => a + b),
    );
    expect(layers[1]!.files).toEqual([["a", [["b", 5]]]]);
  });

  it("keeps what a layer removes, however many files there are", async () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`big/${at}`, 100]));
    const layer = layerOf("remove", { ...many, "etc/.wh.motd": 0, "var/.wh..wh..opq": 0 });
    const { layers } = await reportOf([imageOf("one", [layer])], { ...input, maxNodes: 10 });
    expect(layers[0]!.files).toContainEqual(["etc", [["motd"]]]);
    expect(layers[0]!.files).toContainEqual(["var", [[]]]);
  });
});

describe("the page as HTML", () => {
  it("lets no text of the data end its element, whatever a file is called", async () => {
    const name = "</script><script>alert(1)</script><!--\u2028.js";
    const evil = imageOf('"><img src=x onerror=alert(1)>', [layerOf("</script>", { [name]: 10 })]);
    const html = reportHtml(await reportOf([evil], { ...input, title: "</title><script>" }), {
      script: "run()",
      style: "a{}",
    });
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script/g)).toHaveLength(2);
    expect(html).not.toContain("<img");
    expect(html).not.toContain("\u2028");
    expect(html).toContain("<title>&lt;/title&gt;&lt;script&gt; – layerwright report</title>");
    const data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(html)![1]!);
    expect(data.layers[0].files[0]).toEqual([
      "<",
      [["script><script>alert(1)<", [["script><!--\u2028.js", 10]]]],
    ]);
  });

  it("allows its own script and style, by their digests, and nothing else", async () => {
    const html = reportHtml(await reportOf([api], input), { script: "run()", style: "a{}" });
    expect(html).toContain(
      "content=\"default-src 'none'; script-src 'sha256-AvyuiL0SD1mVY3NNxR+V2uo+lhk6RMFrytWmRt6CrJQ='; style-src 'sha256-",
    );
    expect(html).not.toContain("unsafe");
  });
});
