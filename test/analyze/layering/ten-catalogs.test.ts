import { describe, expect, it } from "vitest";
import type {
  LayeringAtom,
  LayeringBase,
  LayeringImage,
  LayeringProblem,
} from "../../../src/analyze/layering/layering-problem.js";
import { planLayering } from "../../../src/analyze/layering/plan-layering.js";
import { cheapest } from "./brute-force.js";
import { checkDecisions, layeringCost } from "./judged-decisions.js";

const kB = 1000;
const MB = 1000 * kB;

/** An atom, named for what it is: the same name is the same bytes. */
function atom(
  id: string,
  bytes: number,
  changes = 0,
  more: Partial<Pick<LayeringAtom, "after" | "hides">> = {},
): LayeringAtom {
  return { id, label: id, bytes, changes, after: more.after ?? [], hides: more.hides ?? [] };
}

function image(name: string, base: LayeringBase, ...atoms: LayeringAtom[]): LayeringImage {
  return { name, decides: true, base, atoms, keep: atoms.map((_, place) => [place]) };
}

/** The layers of an image, as the labels in each, or that it is melted. */
type Expected = Readonly<Record<string, readonly (readonly string[])[] | "melted">>;

interface Case {
  readonly name: string;
  /** Why this is the optimum, by hand. */
  readonly because: string;
  readonly problem: LayeringProblem;
  readonly optimum: Expected;
}

const scratch: LayeringBase = { layers: [] };
const debian: LayeringBase = { layers: [{ id: "debian", bytes: 80 * MB }] };
const fedora: LayeringBase = { layers: [{ id: "fedora", bytes: 200 * MB }] };

const cases: readonly Case[] = [
  {
    name: "a chmod of a large copy is squashed into it",
    because: "apart the 12 MB are there twice; the chmod changes nothing else, and nobody shares the copy",
    problem: {
      maxLayers: 127,
      images: [
        image(
          "app",
          debian,
          atom("app.tar", 12 * MB, 0.1),
          atom("chmod", 12 * MB, 0, { hides: [{ of: 0, bytes: 12 * MB }] }),
          atom("conf", 10 * kB, 0.9),
        ),
      ],
    },
    optimum: { app: [["app.tar", "chmod"], ["conf"]] },
  },
  {
    name: "a base that two images stand on is not melted, though each hides some of it",
    because: "melting one frees 30 MB and costs 50 MB again; melting both frees 60 MB and costs 80 MB",
    problem: {
      maxLayers: 127,
      images: ["one", "two"].map((name) =>
        image(name, debian, atom(`rm in ${name}`, kB, 0, { hides: [{ of: "base", bytes: 30 * MB }] })),
      ),
    },
    optimum: { one: [["rm in one"]], two: [["rm in two"]] },
  },
  {
    name: "a lone image on a base that it hides much of is melted",
    because: "nobody else has the base: melted, its 50 hidden MB are in no layer at all",
    problem: {
      maxLayers: 127,
      images: [
        image(
          "tool",
          debian,
          atom("rm docs", kB, 0, { hides: [{ of: "base", bytes: 50 * MB }] }),
          atom("tool", MB),
        ),
        image("other", fedora, atom("other", MB, 0.1)),
      ],
    },
    optimum: { tool: "melted", other: [["other"]] },
  },
  {
    name: "one node_modules on two bases is one layer",
    because:
      "48 MB are stored once only when they are a layer of nothing else; the app changes and goes on top",
    problem: {
      maxLayers: 127,
      images: [
        image("api", debian, atom("node_modules", 48 * MB, 0.05), atom("api.js", MB, 0.6)),
        image("web", fedora, atom("web.js", 2 * MB, 0.6), atom("node_modules", 48 * MB, 0.05)),
      ],
    },
    optimum: { api: [["node_modules"], ["api.js"]], web: [["node_modules"], ["web.js"]] },
  },
  {
    name: "what changes often goes above what changes rarely, whatever the order of the steps",
    because:
      "bytes * s / (1 - s): data 90 MB * 0.9 / 0.1 = 810, libs 10 MB * 0.5 / 0.5 = 10, app 1 MB * 0.1 / 0.9 = 0.1",
    problem: {
      maxLayers: 127,
      images: [
        image("app", scratch, atom("app", MB, 0.9), atom("libs", 10 * MB, 0.5), atom("data", 90 * MB, 0.1)),
      ],
    },
    optimum: { app: [["data"], ["libs"], ["app"]] },
  },
  {
    name: "with three layers left for four atoms, the two cheapest to join are joined",
    because:
      "the base is one of four layers; joining conf with app moves 20 kB oftener, any other pair moves megabytes oftener",
    problem: {
      maxLayers: 4,
      images: [
        image(
          "app",
          debian,
          atom("runtime", 60 * MB, 0.01),
          atom("libs", 20 * MB, 0.1),
          atom("conf", 20 * kB, 0.3),
          atom("app", MB, 0.9),
        ),
      ],
    },
    optimum: { app: [["runtime"], ["libs"], ["conf", "app"]] },
  },
  {
    name: "a parent joins its layers, so that its children have room to keep what they share with others",
    because:
      "of four layers the base is one. Parent two and child one, or one and two: the child's vendor of 30 MB is another " +
      "image's too, so it has to be alone; the parent's second layer would save 5 MB * 0.2 only",
    problem: {
      maxLayers: 4,
      images: [
        image("parent", debian, atom("tools", 5 * MB, 0), atom("agent", MB, 0.2)),
        image("child", { image: "parent" }, atom("vendor", 30 * MB, 0.01), atom("child", 100 * kB, 0.5)),
        image("cousin", fedora, atom("vendor", 30 * MB, 0.01)),
      ],
    },
    optimum: {
      parent: [["tools", "agent"]],
      child: [["vendor"], ["child"]],
      cousin: [["vendor"]],
    },
  },
  {
    name: "a copy that a sibling shares stays apart, though a chmod of a part of it hides bytes",
    because: "squashing frees 4 MB here, and the 40 MB would be stored once more than for the sibling alone",
    problem: {
      maxLayers: 127,
      images: [
        image(
          "one",
          debian,
          atom("assets", 40 * MB, 0.02),
          atom("chmod some", 4 * MB, 0.02, { hides: [{ of: 0, bytes: 4 * MB }] }),
        ),
        image("two", debian, atom("assets", 40 * MB, 0.02)),
      ],
    },
    optimum: { one: [["assets"], ["chmod some"]], two: [["assets"]] },
  },
  {
    name: "what has to come after a step that changes often is not moved below it",
    because:
      "the large result needs the script below it; apart or together it moves as often as the script changes, so the end " +
      "of a layer decides: together. The data need nothing and go to the bottom",
    problem: {
      maxLayers: 127,
      images: [
        image(
          "app",
          scratch,
          atom("script", kB, 0.5),
          atom("result", 50 * MB, 0, { after: [0] }),
          atom("data", 20 * MB, 0.1),
        ),
      ],
    },
    optimum: { app: [["data"], ["script", "result"]] },
  },
  {
    name: "beside images that are fixed: their layers are taken over, and their base is there anyway",
    because:
      "the fixed image has certificates and agent in one layer of 26 MB: the same two joined are free, while each apart " +
      "would be stored anew; the 60 hidden MB of the base are no gain, as the fixed image stands on it",
    problem: {
      maxLayers: 127,
      images: [
        {
          ...image("fixed", debian, atom("certificates", MB, 0.01), atom("agent", 25 * MB, 0.02)),
          decides: false,
          keep: [[0, 1]],
        },
        image(
          "free",
          debian,
          atom("certificates", MB, 0.01),
          atom("agent", 25 * MB, 0.02),
          atom("app", 3 * MB, 0.4, { hides: [{ of: "base", bytes: 60 * MB }] }),
        ),
      ],
    },
    optimum: { free: [["certificates", "agent"], ["app"]] },
  },
];

describe("ten catalogs with a known optimum", () => {
  it("are ten", () => expect(cases).toHaveLength(10));

  it.each(cases)("$name", ({ problem, optimum }) => {
    const decisions = planLayering(problem);
    expect(shown(problem, decisions)).toEqual(optimum);
    expect(checkDecisions(problem, decisions)).toEqual([]);
    const { total, decisions: best } = cheapest(problem);
    expect(layeringCost(problem, decisions).total).toBeCloseTo(total, 2);
    expect(shown(problem, best)).toEqual(optimum);
  });
});

/** Decisions as labels. */
function shown(problem: LayeringProblem, decisions: ReturnType<typeof planLayering>): Expected {
  return Object.fromEntries(
    decisions.map(({ image: name, melt, layers }) => {
      const { atoms } = problem.images.find((each) => each.name === name)!;
      return [name, melt ? "melted" : layers.map((layer) => layer.map((place) => atoms[place]!.label))];
    }),
  );
}
