import { lstatSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { Base, Image } from "layerwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lower } from "../../src/plan/lower.js";
import type { SourceProbe } from "../../src/plan/passes/pass.js";
import { optimize, passes } from "../../src/plan/passes/pipeline.js";
import { knownBases } from "../../src/project/prepare/known-bases.js";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { compareImages } from "../peers/compare.js";
import { Bench, RUNS } from "./built-trees.js";
import { program } from "./random-image.js";

const bench = new Bench();
const platform = { os: "linux", architecture: "amd64" };
beforeAll(() => void ensureBases());
afterAll(() => bench.remove());

const probe: SourceProbe = (_, path) => {
  const stat = lstatSync(join(bench.context, path), { throwIfNoEntry: false });
  if (stat === undefined) return "missing";
  return stat.isFile() ? "file" : stat.isDirectory() ? "folder" : undefined;
};

/** A pass may join layers and take some away; everything else about the image stays as it is. */
function lasting(lines: readonly string[]): string[] {
  return lines.filter((line) => !/^layers?[: ]/.test(line));
}

const bases: readonly (readonly [string, () => Image])[] = [
  ["scratch", () => Image.scratch()],
  ["a base on disk", () => Image.from(Base.layout(join(BASES, "layout"), { tag: "v1" }))],
  ["an image", () => Image.from(Image.scratch().copy("tree", "/d").write("/top", "parent\n"))],
];

describe.each(bases)("over %s", (_, base) => {
  test("every pass keeps the root file system and the config", { timeout: 600_000 }, async () => {
    let built = 0;
    await fc.assert(
      fc.asyncProperty(program, fc.constantFrom("keep", "own", "all"), async (change, policy) => {
        const plan = await knownBases(
          lower(change(base()).squash(policy).node, { platform }),
          bench.context,
          bench.store,
        );
        const before = await bench.built(optimize(plan, { probe, passes: [] }));
        // A program that cannot be done (a file below a file ...) is refused whatever passes do.
        if (typeof before === "string") return;
        built++;
        for (const chosen of [...passes.map((pass) => [pass]), passes]) {
          const optimized = optimize(plan, { probe, passes: chosen });
          if (JSON.stringify(optimized.plan) === JSON.stringify(plan)) continue;
          const after = await bench.built(optimized);
          const names = chosen.map((pass) => pass.name).join(", ");
          const differences = typeof after === "string" ? [after] : lasting(compareImages(before, after));
          expect({ names, differences }).toEqual({ names, differences: [] });
        }
      }),
      { numRuns: RUNS * 3 },
    );
    expect(built).toBeGreaterThan(RUNS / 10);
  });
});
