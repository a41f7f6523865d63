import { join } from "node:path";
import fc from "fast-check";
import { Base, Image } from "layerwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LayeringAtom } from "../../src/analyze/layering/layering-problem.js";
import { observeProblem } from "../../src/analyze/layering/observe-problem.js";
import { isLayerwrightError } from "../../src/errors/layerwright-error.js";
import { applyLayering } from "../../src/plan/layering.js";
import type { Plan } from "../../src/plan/plan.js";
import { withObservedJobs } from "../../src/project/observe.js";
import { planImage } from "../../src/project/prepare/prepare.js";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { compareImages } from "../peers/compare.js";
import { Bench, RUNS } from "./built-trees.js";
import { type Change, program, shown } from "./random-image.js";

const bench = new Bench();
beforeAll(() => void ensureBases());
afterAll(() => bench.remove());

/**
 * The layers may be others; everything else about the image stays as it is. Only a file that is copied over itself is in
 * no layer, with BuildKit too: whether it is another file than its other names then is for the layers to say.
 */
function lasting(lines: readonly string[], change: Change): string[] {
  const again = (shown(change).match(/"path":"(hard|src)/g) ?? []).length > 1;
  const mayDiffer = again ? /^layers?[: ]|: hard links / : /^layers?[: ]/;
  return lines.filter((line) => !mayDiffer.test(line));
}

const bases: readonly (readonly [string, () => Image])[] = [
  ["scratch", () => Image.scratch()],
  ["a base on disk", () => Image.from(Base.layout(join(BASES, "layout"), { tag: "v1" }))],
  ["an image", () => Image.from(Image.scratch().copy("tree", "/d").write("/top", "parent\n"))],
];

/** The atoms of an image; undefined for a program that cannot be done. */
async function atomsOf(plan: Plan): Promise<readonly LayeringAtom[] | undefined> {
  const jobs = [{ name: "it", plan, references: [] }];
  const settings = { context: bench.context, store: bench.store, lock: false, compression: "none" } as const;
  try {
    return await withObservedJobs(jobs, settings, async (images) => {
      const { problem } = await observeProblem(images, { maxLayers: 100 });
      return problem.images.find(({ name }) => name === "it")?.atoms;
    });
  } catch (error) {
    if (isLayerwrightError(error)) return undefined;
    throw error;
  }
}

/** Some order of atoms in which each comes after those that it has to, cut into layers here and there. */
function someLayers(atoms: readonly LayeringAtom[], choices: readonly number[]): number[][] {
  const left = new Set(atoms.keys());
  const layers: number[][] = [];
  for (let turn = 0; left.size > 0; turn++) {
    const free = [...left].filter((place) => atoms[place]!.after.every((earlier) => !left.has(earlier)));
    const choice = choices[turn % choices.length]!;
    const next = free[choice % free.length]!;
    left.delete(next);
    if (layers.length === 0 || choice % 3 === 0) layers.push([]);
    layers.at(-1)!.push(next);
  }
  // In a layer, the order of the description.
  return layers.map((layer) => layer.sort((a, b) => a - b));
}

describe.each(bases)("over %s", (_, base) => {
  test("layers in any order that is allowed are the same image", { timeout: 600_000 }, async () => {
    let moved = 0;
    const choices = fc.array(fc.nat(1000), { minLength: 5, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(program, choices, fc.boolean(), async (change, chosen, portable) => {
        const optimized = planImage(change(base()).squash("auto").node, { context: bench.context });
        const atoms = await atomsOf(optimized.plan);
        if (atoms === undefined || atoms.length < 2) return;
        const layers = someLayers(atoms, chosen);
        const stage = optimized.plan.stages.at(-1)!.id;
        const marked = portable ? [...layers.keys()] : [];
        const decided = applyLayering(optimized.plan, (id) =>
          id === stage ? { melt: false, layers, portable: marked, why: [] } : undefined,
        );
        expect(decided).not.toBe(optimized.plan);
        const before = await bench.built(optimized);
        const after = await bench.built({ ...optimized, plan: decided });
        // A Dockerfile would need a tool of the image for it, so neither synthesis makes it. One step alone may need none
        // where its layer does: then no such layer is decided.
        if (before === "NO_TOOL" || after === "NO_TOOL") return;
        if (typeof before === "string") throw new Error(before);
        if (layers.flat().some((place, at) => place !== at)) moved++;
        const differences =
          typeof after === "string" ? [after] : lasting(compareImages(before, after), change);
        expect({ layers, differences }).toEqual({ layers, differences: [] });
      }),
      { numRuns: RUNS * 3 },
    );
    expect(moved).toBeGreaterThan(RUNS / 10);
  });
});
