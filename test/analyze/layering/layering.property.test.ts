import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planLayering } from "../../../src/analyze/layering/plan-layering.js";
import { deepFreeze } from "../../../src/core/freeze.js";
import { cheapest } from "./brute-force.js";
import { allAll, checkDecisions, keepAll, layeringCost, ownAll } from "./judged-decisions.js";
import { problems } from "./random-problem.js";

const numRuns = Number(process.env["LAYERWRIGHT_PROPERTY_RUNS"] ?? 15);
const medium = problems({ images: 5, atoms: 7 });
const small = problems({ images: 3, atoms: 3 });

describe("decisions about layers", () => {
  it("are valid, and never dearer than the plain policies that keep within the layers", () => {
    fc.assert(
      fc.property(medium, (problem) => {
        const decisions = planLayering(deepFreeze(problem));
        expect(checkDecisions(problem, decisions)).toEqual([]);
        const { total } = layeringCost(problem, decisions);
        for (const baseline of [keepAll(problem), ownAll(problem), allAll(problem)]) {
          if (checkDecisions(problem, baseline).length > 0) continue;
          expect(total).toBeLessThanOrEqual(layeringCost(problem, baseline).total);
        }
      }),
      { numRuns },
    );
  });

  it("are the cheapest of all in small catalogs, as trying everything finds them", () => {
    fc.assert(
      fc.property(small, (problem) => {
        const { total, decisions } = cheapest(problem);
        expect(layeringCost(problem, decisions).total).toBeCloseTo(total, 3);
        expect(layeringCost(problem, planLayering(problem)).total).toBeCloseTo(total, 1);
      }),
      { numRuns: numRuns * 6 },
    );
  });

  it("are the same in whichever order the images come", () => {
    const shuffled = medium.chain((problem) =>
      fc
        .shuffledSubarray([...problem.images], { minLength: problem.images.length })
        .map((images) => ({ problem, other: { ...problem, images } })),
    );
    fc.assert(
      fc.property(shuffled, ({ problem, other }) => {
        expect(planLayering(other)).toEqual(planLayering(problem));
      }),
      { numRuns },
    );
  });

  it("stay when they are what is kept", () => {
    fc.assert(
      fc.property(medium, (problem) => {
        const decisions = planLayering(problem);
        const decided = new Map(decisions.map((decision) => [decision.image, decision]));
        const images = problem.images.map((image) => {
          const decision = decided.get(image.name);
          return decision === undefined || decision.melt ? image : { ...image, keep: decision.layers };
        });
        const again = planLayering({ ...problem, images });
        const { total } = layeringCost(problem, decisions);
        expect(layeringCost(problem, again).total).toBeLessThanOrEqual(total + 0.01);
      }),
      { numRuns },
    );
  });
});
