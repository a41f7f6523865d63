import fc from "fast-check";
import { Image } from "layerwright";
import { afterAll, expect, test } from "vitest";
import { planImage } from "../../src/project/prepare/prepare.js";
import { compareImages } from "../peers/compare.js";
import { Bench, RUNS } from "./built-trees.js";
import { program } from "./random-image.js";

const bench = new Bench();
afterAll(() => bench.remove());

const planned = (image: Image) => planImage(image.node, { context: bench.context, platform: "linux/amd64" });

test("a parent is never changed by its child", { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(program, program, fc.constantFrom("keep", "own"), async (first, second, policy) => {
      const parent = first(Image.scratch());
      const node = JSON.stringify(parent.node);
      const before = await bench.built(planned(parent));
      if (typeof before === "string") return;
      const child = await bench.built(planned(second(Image.from(parent)).squash(policy)));
      expect(JSON.stringify(parent.node)).toBe(node);
      const after = await bench.built(planned(parent));
      expect(typeof after === "string" ? [after] : compareImages(before, after)).toEqual([]);
      if (typeof child === "string") return;
      // The parent's layers are the child's first, byte for byte.
      const ids = (config: Readonly<Record<string, unknown>>) =>
        (config["rootfs"] as { diff_ids: string[] }).diff_ids;
      expect(ids(child.config).slice(0, before.layers.length)).toEqual(ids(before.config));
    }),
    { numRuns: RUNS },
  );
});
