import { describe, expect, it } from "vitest";
import type { LayeringProblem } from "../../../src/analyze/layering/layering-problem.js";
import { planLayering } from "../../../src/analyze/layering/plan-layering.js";
import { allAll, checkDecisions, keepAll, layeringCost, ownAll } from "./judged-decisions.js";
import { syntheticCatalog } from "./synthetic-catalog.js";

const catalogs = [10, 100].flatMap((images) => [127, 12].map((maxLayers) => ({ images, maxLayers })));

describe("the planner on a synthetic catalog", () => {
  it.each(catalogs)("of $images images and at most $maxLayers layers beats every plain policy", (options) => {
    const problem = syntheticCatalog(options);
    const decisions = planLayering(problem);
    expect(checkDecisions(problem, decisions)).toEqual([]);
    const { total } = layeringCost(problem, decisions);
    for (const baseline of [keepAll(problem), ownAll(problem), allAll(problem)]) {
      if (checkDecisions(problem, baseline).length > 0) continue;
      expect(total).toBeLessThan(layeringCost(problem, baseline).total * 0.95);
    }
  });

  it("shares what families have in common, though layers are few", () => {
    const problem = syntheticCatalog({ images: 60, maxLayers: 12 });
    const { stored } = layeringCost(problem, planLayering(problem));
    expect(stored).toBeLessThan(layeringCost(problem, ownAll(problem)).stored / 2);
  });
});

describe("why", () => {
  const atom = { changes: 0, after: [], hides: [] };
  const debian = { layers: [{ id: "debian", bytes: 80_000_000 }] };
  const modules = { ...atom, id: "modules", label: "node_modules", bytes: 48_000_000, changes: 0.05 };

  function whyOf(problem: LayeringProblem, name: string): readonly string[] {
    return planLayering(problem).find(({ image }) => image === name)!.why;
  }

  it("says who shares a layer, and what is last", () => {
    const images = ["api", "web"].map((name) => ({
      ...{ name, decides: true, base: debian, keep: [[0], [1]] },
      atoms: [modules, { ...atom, id: name, label: `${name}.js`, bytes: 2_000_000, changes: 0.6 }],
    }));
    expect(whyOf({ images, maxLayers: 127 }, "api")).toEqual([
      "keeps node_modules apart: 2 images share its 48 MB",
      "api.js last, because it changes most often",
    ]);
  });

  it("says what is squashed, and what that frees", () => {
    const copy = { ...atom, id: "copy", label: "copy app.tar", bytes: 12_000_000 };
    const chmod = {
      ...atom,
      id: "chmod",
      label: "chmod",
      bytes: 12_000_000,
      hides: [{ of: 0, bytes: 12_000_000 }],
    };
    const images = [{ name: "app", decides: true, base: debian, atoms: [copy, chmod], keep: [[0], [1]] }];
    expect(whyOf({ images, maxLayers: 127 }, "app")).toEqual([
      "squashes copy app.tar with chmod: 12 MB are no longer twice",
    ]);
  });

  it("says what is melted: for what it hides, or for the number of layers", () => {
    const remove = {
      ...atom,
      id: "rm",
      label: "rm",
      bytes: 1000,
      hides: [{ of: "base" as const, bytes: 5e7 }],
    };
    const images = [{ name: "tool", decides: true, base: debian, atoms: [remove], keep: [[0]] }];
    expect(whyOf({ images, maxLayers: 127 }, "tool")).toEqual(["melts its base: 50 MB of it are hidden"]);
    const full = [{ ...images[0]!, atoms: [modules] }];
    expect(whyOf({ images: full, maxLayers: 1 }, "tool")).toEqual([
      "melts its base: it has 1 layer, and at most 1 are allowed",
    ]);
  });

  it("says what is joined: small things, or for the number of layers", () => {
    const small = [0, 1].map((number) => ({ ...atom, id: `${number}`, label: `conf ${number}`, bytes: 300 }));
    const tiny = [{ name: "app", decides: true, base: debian, atoms: small, keep: [[0], [1]] }];
    expect(whyOf({ images: tiny, maxLayers: 127 }, "app")).toEqual([
      "joins conf 0 and conf 1: 300 B are not worth another layer",
    ]);
    const often = { ...atom, id: "app", label: "app", bytes: 5_000_000, changes: 0.5 };
    const full = [{ name: "app", decides: true, base: debian, atoms: [modules, often], keep: [[0], [1]] }];
    expect(whyOf({ images: full, maxLayers: 2 }, "app")).toEqual([
      "joins node_modules and app: at most 2 layers are allowed",
    ]);
  });

  it("says so where there is nothing to say", () => {
    const other = { ...modules, id: "other", label: "other" };
    const apart = [{ name: "app", decides: true, base: debian, atoms: [modules, other], keep: [[0], [1]] }];
    expect(whyOf({ images: apart, maxLayers: 127 }, "app")).toEqual([
      "each step in a layer of its own: only what changed is moved again",
    ]);
    const nothing = [{ name: "app", decides: true, base: debian, atoms: [], keep: [] }];
    expect(whyOf({ images: nothing, maxLayers: 127 }, "app")).toEqual(["adds nothing to its base"]);
  });
});
