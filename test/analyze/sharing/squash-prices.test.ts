import { describe, expect, it } from "vitest";
import { type PricedImage, squashPrices } from "../../../src/analyze/sharing/squash-prices.js";
import { image, layer } from "./layers.js";

const debian = layer("debian", 80_000);
const first = layer("first", 4_000);
const again = layer("first again", 4_000);
const own = layer("both in one", 4_000);
const all = layer("all in one", 84_000);
const other = image("other", [debian, layer("other", 8_000)]);

const variants: PricedImage["variants"] = [
  { squash: "keep", image: image("app", [debian, first, again]) },
  { squash: "own", image: image("app", [debian, own]) },
  { squash: "all", image: image("app", [all]) },
];
const app = (at: number, carries: readonly number[] = []): PricedImage => ({
  image: variants[at]!.image,
  squash: variants[at]!.squash,
  carries,
  variants,
});
const asIs = (it: typeof other): PricedImage => ({ image: it, squash: "keep", carries: [], variants: [] });

describe("the price of a squash", () => {
  it("is what is saved, what is no longer shared, and what both come to", () => {
    const [priced, ...rest] = squashPrices([app(0), asIs(other)]);
    expect(rest).toEqual([]);
    expect(priced).toMatchObject({ name: "app", squash: "keep" });
    expect(priced?.prices).toEqual([
      {
        squash: "keep",
        layers: 3,
        virtualBytes: 88_000,
        compressedBytes: 22_000,
        savedBytes: 0,
        unsharedBytes: 0,
        unsharedCount: 0,
        unsharedWith: [],
        netBytes: 0,
      },
      {
        squash: "own",
        layers: 2,
        virtualBytes: 84_000,
        compressedBytes: 21_000,
        savedBytes: 4_000,
        unsharedBytes: 0,
        unsharedCount: 0,
        unsharedWith: [],
        netBytes: -4_000,
      },
      {
        squash: "all",
        layers: 1,
        virtualBytes: 84_000,
        compressedBytes: 21_000,
        savedBytes: 4_000,
        unsharedBytes: 80_000,
        unsharedCount: 1,
        unsharedWith: [{ name: "other", bytes: 80_000, compressedBytes: 20_000 }],
        netBytes: 84_000 - 8_000,
      },
    ]);
  });

  it("is counted from today's policy", () => {
    const [priced] = squashPrices([app(2), asIs(other)]);
    expect(priced?.prices.map(({ netBytes }) => netBytes)).toEqual([8_000 - 84_000, 4_000 - 84_000, 0]);
    expect(priced?.prices.map(({ unsharedBytes }) => unsharedBytes)).toEqual([0, 0, 80_000]);
  });

  it("takes nothing from anybody when nobody else has the base", () => {
    const [priced] = squashPrices([app(0)]);
    expect(priced?.prices[2]).toMatchObject({ unsharedBytes: 0, netBytes: -4_000 });
  });

  it("names some of many with whom nothing is shared any more", () => {
    const many = Array.from({ length: 120 }, (_, at) => asIs(image(`other-${at}`, [debian])));
    const [priced] = squashPrices([app(0), ...many]);
    expect(priced?.prices[2]?.unsharedCount).toBe(120);
    expect(priced?.prices[2]?.unsharedWith).toHaveLength(100);
  });

  it("lets the images follow that stand on it", () => {
    const child = image("child", [...variants[0]!.image.layers, layer("child", 2_000)]);
    const [priced] = squashPrices([app(0, [1]), asIs(child)]);
    expect(priced?.prices[2]).toMatchObject({ unsharedBytes: 0, netBytes: -4_000 });
    const [beside] = squashPrices([app(0, [1]), asIs(child), asIs(other)]);
    expect(beside?.prices[2]).toMatchObject({ unsharedBytes: 80_000, netBytes: 76_000 });
    expect(beside?.prices[2]?.unsharedWith.map(({ name }) => name)).toEqual(["other"]);
  });
});
