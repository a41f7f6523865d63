import { describe, expect, it } from "vitest";
import type {
  LayeringDecision,
  LayeringImage,
  LayeringProblem,
} from "../../../src/analyze/layering/layering-problem.js";
import { checkDecisions } from "./judged-decisions.js";

const atoms = [[], [0], []].map((after, place) => ({
  ...{ id: `${place}`, label: `${place}`, bytes: 10, changes: 0, hides: [], after },
}));
const app: LayeringImage = {
  ...{ name: "app", decides: true, base: { layers: [{ id: "base", bytes: 5000 }] }, atoms },
  keep: [[0], [1], [2]],
};
const problem: LayeringProblem = {
  images: [app, { ...app, name: "child", base: { image: "app" } }, { ...app, name: "fixed", decides: false }],
  maxLayers: 6,
};

function decided(image: string, layers: number[][], melt = false): LayeringDecision {
  return { image, melt, layers, why: [] };
}
const child = decided("child", [[0, 1, 2]]);
const good = decided("app", [[2], [0], [1]]);

describe("decisions that do not hold", () => {
  it("are none where all is well", () => {
    expect(checkDecisions(problem, [good, child])).toEqual([]);
    expect(checkDecisions(problem, [decided("app", [[0, 1, 2]], true), child])).toEqual([]);
  });

  it.each([
    ["an atom in no layer", [[0], [1]], "has atom 2 in no layer"],
    [
      "an atom in two layers",
      [
        [0, 2],
        [1, 2],
      ],
      "has atom 2 in two layers",
    ],
    ["an atom that there is not", [[0], [1, 2, 7]], "has no atom 7"],
    ["an atom below one it comes after", [[1], [0, 2]], "has atom 1 below one that it has to be after"],
    ["another order in a layer", [[2, 0], [1]], "has layer 0 in another order than the description"],
    ["an empty layer", [[0, 1, 2], []], "has nothing in layer 1"],
  ])("say so: %s", (_, layers, fault) => {
    expect(checkDecisions(problem, [decided("app", layers), child])).toEqual([{ image: "app", fault }]);
  });

  it("say so: too many layers, those of the parent counted as they are decided", () => {
    const apart = decided("child", [[0], [1], [2]]);
    expect(checkDecisions(problem, [good, apart])).toEqual([
      { image: "child", fault: "has 7 layers, at most 6 are allowed" },
    ]);
    expect(checkDecisions(problem, [decided("app", [[0, 1, 2]]), apart])).toEqual([]);
  });

  it("say so: melted into two layers", () => {
    expect(checkDecisions(problem, [decided("app", [[0, 1], [2]], true), child])).toEqual([
      { image: "app", fault: "is melted, and has 2 layers" },
    ]);
  });

  it("say so: missing, twice, of a fixed image, or of nobody", () => {
    const decisions = [good, good, decided("fixed", [[0, 1, 2]]), decided("nobody", [[0]])];
    expect(checkDecisions(problem, decisions)).toEqual([
      { image: "app", fault: "is decided twice" },
      { image: "child", fault: "is not decided" },
      { image: "fixed", fault: "does not decide" },
      { image: "nobody", fault: "is no image of the problem" },
    ]);
  });

  it("cannot be told where an image stands on one that is not there, or on itself", () => {
    const lost = { ...problem, images: [{ ...app, base: { image: "gone" } }] };
    expect(() => checkDecisions(lost, [good])).toThrow("no image of the problem is called gone");
    const looped = { ...problem, images: [{ ...app, base: { image: "app" } }] };
    expect(() => checkDecisions(looped, [good])).toThrow("the image app stands on itself");
  });
});
