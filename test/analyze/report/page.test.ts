import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linePoints, nearest, roundUp } from "../../../src/analyze/report/page/geometry.js";
import { imageFiles } from "../../../src/analyze/report/page/image-files.js";
import { chainTrees, sharingLayout } from "../../../src/analyze/report/page/sharing-layout.js";
import { squarify, treemapBoxes } from "../../../src/analyze/report/page/treemap-boxes.js";
import { changeText, layerName, percentText } from "../../../src/analyze/report/page/words.js";
import { reportOf } from "../../../src/analyze/report/report-of.js";
import { imageOf, layerOf } from "../../report/observed.js";

const input = { title: "acme", made: "2026-11-28T12:00:00.000Z" };

describe("squarify", () => {
  it("gives every value its share of the box, inside of it and beside the others", () => {
    const values = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(values, (unsorted) => {
        const sorted = unsorted.sort((a, b) => b - a);
        const boxes = squarify(sorted, { x: 10, y: 20, width: 300, height: 200 });
        const total = sorted.reduce((a, b) => a + b);
        for (const [at, { x, y, width, height }] of boxes.entries()) {
          expect(width * height).toBeCloseTo((sorted[at]! / total) * 60_000, 3);
          expect(Math.min(x - 10, y - 20)).toBeGreaterThan(-1e-6);
          expect(Math.max(x + width - 310, y + height - 220)).toBeLessThan(1e-6);
        }
        for (const [at, one] of boxes.entries()) {
          for (const other of boxes.slice(at + 1)) {
            const wide = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
            const high = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
            expect(Math.min(wide, high)).toBeLessThan(1e-6);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("makes four equal values four quarters", () => {
    const quarter = { width: 50, height: 50 };
    expect(squarify([1, 1, 1, 1], { x: 0, y: 0, width: 100, height: 100 })).toEqual([
      { x: 0, y: 0, ...quarter },
      { x: 0, y: 50, ...quarter },
      { x: 50, y: 0, ...quarter },
      { x: 50, y: 50, ...quarter },
    ]);
  });
});

const base = layerOf("base", { "bin/sh": 8000 });
const middle = layerOf("middle", { "opt/x": 2000 }, 1);
const top = (name: string) => layerOf(`top of ${name}`, { [`srv/${name}`]: 1000 }, 2);

describe("the picture of sharing", () => {
  it("puts a shared layer over the rows of all images that have it on the same layers", async () => {
    const images = [
      imageOf("b", [base, middle, top("b")]),
      imageOf("lone", [top("lone")]),
      imageOf("a", [base, middle]),
      imageOf("c", [base, top("c")]),
    ];
    const data = await reportOf(images, input);
    const { blocks, ends } = sharingLayout(data, 1000);
    expect(blocks.map(({ layer, row, rows }) => [data.layers[layer]!.description, row, rows])).toEqual([
      ["base", 0, 3],
      ["middle", 0, 2],
      ["top of b", 1, 1],
      ["top of c", 2, 1],
      ["top of lone", 3, 1],
    ]);
    expect(ends.map(({ image, row }) => [images[image]!.name, row])).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 2],
      ["lone", 3],
    ]);
    const [first, second] = blocks;
    expect(second!.x).toBe(first!.x + first!.width);
    expect(Math.max(...blocks.map(({ x, width }) => x + width))).toBeLessThanOrEqual(1000);
    expect(first!.images.map((at) => images[at]!.name)).toEqual(["a", "b", "c"]);
  });

  it("has a row for an image without layers and for two of the same", async () => {
    const data = await reportOf([imageOf("none", []), imageOf("x", [base]), imageOf("y", [base])], input);
    const { blocks, ends } = sharingLayout(data, 500);
    expect(ends.map(({ row }) => row).sort()).toEqual([0, 1, 2]);
    expect(blocks).toHaveLength(1);
    expect(chainTrees(data)[0]!.rows).toBe(2);
  });
});

describe("the files of an image", () => {
  const below = layerOf("below", { "etc/a": 10, "etc/b": 20, "var/log/x": 30, "var/y": 5, "usr/doc/z": 7 });
  const above = layerOf(
    "above",
    { "etc/a": 11, "etc/.wh.b": 0, "var/.wh.log": 0, "usr/doc/.wh..wh..opq": 0, "usr/doc/n": 1 },
    3,
  );

  it("are those of all layers, with those marked that a later layer hides", async () => {
    const data = await reportOf([imageOf("one", [below, above])], input);
    const root = imageFiles(data, 0);
    const etc = root.folders.find(({ name }) => name === "etc")!;
    expect(etc.files.map(({ name, bytes, layer, hidden }) => [name, bytes, layer, hidden])).toEqual([
      ["b", 20, 0, "removed"],
      ["a", 11, 1, undefined],
      ["a", 10, 0, "replaced"],
    ]);
    expect(root.bytes).toBe(84);
    expect(root.hiddenBytes).toBe(67);
    expect(imageFiles(data, 0, 1).bytes).toBe(12);
  });

  it("become boxes: folders that are large enough are open, one that holds one folder is shown with it", async () => {
    const data = await reportOf(
      [imageOf("one", [layerOf("x", { "usr/lib/a": 900, "usr/lib/b": 100, "etc/c": 10 })])],
      input,
    );
    const boxes = treemapBoxes(imageFiles(data, 0), { x: 0, y: 0, width: 400, height: 300 });
    expect(boxes.map(({ path, file, open }) => [path.join("/"), file?.name, open])).toEqual([
      ["usr/lib", undefined, true],
      ["usr/lib", "a", false],
      ["usr/lib", "b", false],
      ["etc", undefined, false],
    ]);
  });
});

describe("arrow keys", () => {
  const place = (left: number, top: number) => ({ left, top, right: left + 10, bottom: top + 10 });
  const places = [place(20, 0), place(0, 20), place(20, 20), place(200, 1)];

  it("go to the nearest that lies that way, straight ahead before aside", () => {
    expect(nearest(place(0, 0), places, "ArrowRight")).toBe(0);
    expect(nearest(place(0, 0), places, "ArrowDown")).toBe(1);
    expect(nearest(place(20, 0), [place(21, 90), place(60, 11)], "ArrowDown")).toBe(0);
    expect(nearest(place(0, 0), places, "ArrowLeft")).toBeUndefined();
  });
});

describe("words and lines", () => {
  it("say shares, changes and layers as people read them", () => {
    expect([percentText(1, 3), percentText(1, 1000), percentText(0, 0)]).toEqual(["33 %", "< 1 %", "0 %"]);
    expect([changeText(1500), changeText(-20), changeText(0)]).toEqual(["+1.5 kB", "−20 B", "±0"]);
    expect(layerName("/bin/sh -c #(nop)  ADD file:1 in / ")).toBe("ADD file:1 in /");
    expect(layerName("RUN /bin/sh -c apt-get update # buildkit")).toBe("apt-get update");
    expect(layerName("")).toBe("layer");
  });

  it("draw sizes from nothing up, one build in the middle", () => {
    const size = (bytes: number) => ({ at: "", bytes, layers: 1 });
    const room = { width: 100, height: 50, rim: 5 };
    expect(linePoints([size(0), size(50), size(100)], room)).toEqual([
      { x: 5, y: 45 },
      { x: 50, y: 25 },
      { x: 95, y: 5 },
    ]);
    expect(linePoints([size(7)], room)[0]?.x).toBe(50);
    expect([roundUp(119), roundUp(100), roundUp(0), roundUp(9_500_000)]).toEqual([120, 100, 1, 10_000_000]);
  });
});
