import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SharedImage, SharingNode } from "../../../src/analyze/sharing/share-images.js";
import { pullBytes, shareImages } from "../../../src/analyze/sharing/share-images.js";
import { image, layer } from "./layers.js";

const fedora = layer("fedora", 248_000, { outside: true });
const nginx = layer("nginx", 20_000);
const app1 = layer("app-1", 4_000);
const app2 = layer("app-2", 8_000);
const squashed = layer("everything", 270_000);

const article = [
  image("nginx", [fedora, nginx], "fedora:43"),
  image("app-1", [fedora, nginx, app1], "fedora:43"),
  image("app-2", [fedora, nginx, app2], "fedora:43"),
];

describe("what images share", () => {
  it("counts base layers once, and each difference", () => {
    const { images, ...all } = shareImages(article);
    expect(all).toMatchObject({
      virtualBytes: 268_000 + 272_000 + 276_000,
      effectiveBytes: 280_000,
      compressedBytes: (268_000 + 272_000 + 276_000) / 4,
      effectiveCompressedBytes: 70_000,
    });
    expect(images[1]).toEqual({
      name: "app-1",
      layers: 3,
      virtualBytes: 272_000,
      uniqueBytes: 4_000,
      sharedBytes: 268_000,
      compressedBytes: 68_000,
      uniqueCompressedBytes: 1_000,
      sharedCompressedBytes: 67_000,
      sharesWith: 2,
      sharedWith: [
        { name: "nginx", bytes: 268_000, compressedBytes: 67_000 },
        { name: "app-2", bytes: 268_000, compressedBytes: 67_000 },
      ],
    });
    expect(images[0]?.uniqueBytes).toBe(0);
  });

  it("finds nothing in common once everything is squashed", () => {
    const { images, effectiveBytes } = shareImages([article[0]!, image("app-1", [squashed])]);
    expect(effectiveBytes).toBe(268_000 + 270_000);
    expect(images.map(({ sharesWith, uniqueBytes }) => [sharesWith, uniqueBytes])).toEqual([
      [0, 268_000],
      [0, 270_000],
    ]);
  });

  it("takes layers of one diff id for one layer, also where their blobs differ", () => {
    const other = { ...nginx, digest: app1.digest, size: 6_000 };
    const { images, ...all } = shareImages([image("a", [nginx]), image("b", [other])]);
    expect(all).toMatchObject({ effectiveBytes: 20_000, effectiveCompressedBytes: 11_000 });
    expect(images[0]).toMatchObject({ uniqueBytes: 0, uniqueCompressedBytes: 5_000, sharesWith: 1 });
    expect(images[0]?.sharedWith).toEqual([{ name: "b", bytes: 20_000, compressedBytes: 0 }]);
  });

  it("counts a layer that an image has twice once, but for its virtual size", () => {
    const { images, effectiveBytes } = shareImages([image("a", [nginx, nginx])]);
    expect(effectiveBytes).toBe(20_000);
    expect(images[0]).toMatchObject({ virtualBytes: 40_000, uniqueBytes: 20_000, sharedBytes: 0 });
  });

  it("agrees with a count pair by pair", () => {
    const layers = Array.from({ length: 8 }, (_, at) => layer(`l${at}`, 4 ** (at + 1)));
    const ofImage = fc.array(fc.constantFrom(...layers), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(ofImage, { maxLength: 6 }), (lists) => {
        const images = lists.map((list, at) => image(`i${at}`, list));
        const { images: shares, effectiveBytes, layers: found } = shareImages(images);
        const idsOf = (one: SharedImage) => new Set(one.layers.map(({ diffId }) => diffId));
        const weigh = (ids: Iterable<string>) =>
          [...ids].reduce((sum, id) => sum + layers.find(({ diffId }) => diffId === id)!.uncompressedSize, 0);
        expect(effectiveBytes).toBe(weigh(new Set(images.flatMap((one) => [...idsOf(one)]))));
        for (const [at, one] of images.entries()) {
          const others = images.filter((other) => other !== one);
          const elsewhere = new Set(others.flatMap((other) => [...idsOf(other)]));
          const mine = [...idsOf(one)];
          expect(shares[at]!.uniqueBytes).toBe(weigh(mine.filter((id) => !elsewhere.has(id))));
          expect(shares[at]!.sharedBytes).toBe(weigh(mine.filter((id) => elsewhere.has(id))));
          const pairs = others
            .map((other) => ({ name: other.name, bytes: weigh(mine.filter((id) => idsOf(other).has(id))) }))
            .filter(({ bytes }) => bytes > 0);
          expect(shares[at]!.sharesWith).toBe(pairs.length);
          expect(new Map(shares[at]!.sharedWith.map((it) => [it.name, it.bytes]))).toEqual(
            new Map(pairs.map((it) => [it.name, it.bytes])),
          );
        }
        expect(found.flatMap(({ images: names }) => names).length).toBe(
          images.reduce((sum, one) => sum + idsOf(one).size, 0),
        );
      }),
    );
  });

  it("takes a thousand images", () => {
    const images = Array.from({ length: 1000 }, (_, at) =>
      image(`app-${at}`, [fedora, nginx, layer(`group ${at % 10}`, 800), layer(`own ${at}`, 4_000)]),
    );
    const { images: shares, effectiveBytes } = shareImages(images);
    expect(effectiveBytes).toBe(248_000 + 20_000 + 10 * 800 + 1000 * 4_000);
    expect(shares[7]?.sharesWith).toBe(999);
    expect(shares[7]?.sharedWith).toHaveLength(100);
    // Those of its own group first.
    expect(shares[7]?.sharedWith[0]).toEqual({ name: "app-17", bytes: 268_800, compressedBytes: 67_200 });
  });
});

describe("the tree of images", () => {
  /** As `fedora:43 248000 (app-1 4000, app-2 8000)`. */
  const textOf = ({ images, base, bytes, children }: SharingNode): string => {
    const above = children.length === 0 ? "" : ` (${children.map(textOf).join(", ")})`;
    return `${images.join("+") || base || "?"} ${bytes}${above}`;
  };
  const trees = (images: readonly SharedImage[]) => shareImages(images).tree.map(textOf);

  it("is the article's", () => {
    expect(trees(article)).toEqual(["fedora:43 248000 (nginx 20000 (app-1 4000, app-2 8000))"]);
  });

  it.each<[string, SharedImage[], string[]]>([
    ["one image on a base", [article[1]!], ["fedora:43 248000 (app-1 24000)"]],
    [
      "layers in common that nobody named",
      [image("a", [nginx, app1]), image("b", [nginx, app2])],
      ["? 20000 (a 4000, b 8000)"],
    ],
    ["two images that are the same", [image("a", [nginx]), image("b", [nginx])], ["a+b 20000"]],
    ["an image without layers", [image("a", []), image("b", [nginx])], ["a 0", "b 20000"]],
    [
      "a layer in common on other layers is no common prefix",
      [image("a", [app1, nginx]), image("b", [app2, nginx])],
      ["a 24000", "b 28000"],
    ],
  ])("has %s", (_, images, expected) => {
    expect(trees(images)).toEqual(expected);
  });

  it("counts the images that stand on a node", () => {
    const [root] = shareImages(article).tree;
    expect(root).toMatchObject({ base: "fedora:43", layers: 1, count: 3, compressedBytes: 62_000 });
  });
});

describe("pulls", () => {
  it("move what the machine lacks", () => {
    expect(pullBytes(article, article[1]!)).toEqual([
      { name: "nginx", firstPullBytes: 67_000, incrementalPullBytes: 0 },
      { name: "app-1", firstPullBytes: 68_000, incrementalPullBytes: 0 },
      { name: "app-2", firstPullBytes: 69_000, incrementalPullBytes: 2_000 },
    ]);
  });
});
