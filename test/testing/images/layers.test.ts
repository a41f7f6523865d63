import { Image } from "layerwright";
import { expectImage } from "layerwright/testing";
import { describe, expect, it } from "vitest";
import { failing } from "./failing.js";

const base = Image.from("debian:bookworm-slim").run("make all");
const left = Image.from(base).write("/srv/a", "1").run("make a");
const right = Image.from(base).write("/srv/a", "1").run("make b");
const big = Image.scratch().write("/srv/big", "x".repeat(50_000)).write("/srv/small", "x").env("A", "1");

describe("the layers of an image", () => {
  it("are counted as the build makes them", async () => {
    await expectImage(big.squash("own")).hasLayers(1).hasOwnLayers(1).hasLayersAtMost(1).hasLayersAtMost(5);
    await expectImage(Image.from(big).env("B", "1")).hasOwnLayers(0);
    await expectImage(left).hasOwnLayers(2);
    await expectImage(big.remove("/nothing/there").squash("own")).hasLayers(1);
    const error = await failing(() => expectImage(Image.from(big).run("true")).hasOwnLayers(3));
    expect(error.message).toMatch(
      /^the image has own layers: 1, not 3\n {2}1: run true \(.*layers\.test\.ts:\d+/,
    );
    expect((await failing(() => expectImage(big.squash("own")).hasLayersAtMost(0))).message).toMatch(
      /and 1 more \(/,
    );
  });

  it("are shared from the bottom, those of a base in a registry counting as one", async () => {
    await expectImage(left).sharesLayersWith(right).sharesLayersWith(right, 3).sharesLayersWith(left, 4);
    await expectImage(right).sharesLayersWith(expectImage(left), 3);
    await expectImage(base).sharesLayersWith(left, 2);
    const error = await failing(() => expectImage(left).sharesLayersWith(right, 4));
    expect(error.message).toMatch(/^the images share 3 of the 4 layers\n/);
    expect(error.message).toMatch(/then this has: +run make a \(/);
    expect(error.message).toMatch(/and the other: +run make b \(/);
    expect(error.message).toMatch(/counted as one: the layers of docker\.io\/library\/debian:bookworm-slim/);
    expect([error.actual, error.expected]).toEqual([3, 4]);
    expect((await failing(() => expectImage(base).sharesLayersWith(left, 3))).message).toContain(
      "no more layers",
    );
    // The same step over something else is another layer.
    const other = Image.from("debian:trixie-slim").run("make all");
    expect((await failing(() => expectImage(base).sharesLayersWith(other))).actual).toBe(0);
    expect((await failing(() => expectImage(left.squash("all")).sharesLayersWith(right))).actual).toBe(0);
  });

  it("have a size together", async () => {
    await expectImage(big).isUnder("60kB").isUnder("60 KiB").isUnder(60_000).isOwnUnder("60kB");
    const error = await failing(() => expectImage(big).isUnder("50kB"));
    expect(error.message).toMatch(
      /^the image has 5\d(\.\d)? kB, not under 50 kB\n {2}50 kB: \/srv\/big \(.*layers\.test\.ts/,
    );
    expect(error.expected).toBe(50_000);
    await expectImage(Image.from(big).write("/b", "1")).isOwnUnder("5kB");
    expect(
      (await failing(() => expectImage(Image.from(big).write("/b", "1")).isOwnUnder(100))).message,
    ).toContain("above its base");
    // A limit is the first size that is too much.
    const bytes = (await failing(() => expectImage(big).isUnder(0))).actual as number;
    expect((await failing(() => expectImage(big).isUnder(bytes))).actual).toBe(bytes);
    await expectImage(big).isUnder(bytes + 1);
  });
});
