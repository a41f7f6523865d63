import { describe, expect, it } from "vitest";
import { Image } from "../../src/image/image.js";
import { applyLayering, fitsStage, type StageLayering } from "../../src/plan/layering.js";
import { lower } from "../../src/plan/lower.js";
import type { Plan } from "../../src/plan/plan.js";

const platform = { os: "linux", architecture: "amd64" };
const image = Image.scratch()
  .write("/a", "1")
  .layer("bc", (it) => it.write("/b", "2").write("/c", "3"))
  .write("/d", "4");
const auto = lower(image.squash("auto").node, { platform });
const stage = auto.stages[0]!;

const textOf = ({ stages }: Plan) =>
  stages.map(({ layers }) =>
    layers.map(({ operations }) => operations.map((one) => ("path" in one ? one.path : ""))),
  );

function decided(layering: Partial<StageLayering>): Plan {
  const whole = { melt: false, layers: [[0], [1], [2]], portable: [], why: ["because"], ...layering };
  return applyLayering(auto, (id) => (id === stage.id ? whole : undefined));
}

describe("layers that were decided", () => {
  it("are joined and put in another order, groups staying whole", () => {
    const plan = decided({ layers: [[1], [0, 2]] });
    expect(textOf(plan)).toEqual([
      [
        ["/b", "/c"],
        ["/a", "/d"],
      ],
    ]);
    expect(plan.stages[0]).toMatchObject({ squash: "keep", decided: ["because"] });
    expect(plan.stages[0]?.layers.map(({ name }) => name)).toEqual(["bc", undefined]);
  });

  it("are the base's too when it is melted", () => {
    expect(decided({ melt: true, layers: [[0, 1, 2]] }).stages[0]?.squash).toBe("all");
  });

  it("give a plan the address that it has when it is written so", () => {
    const written = lower(image.squash("keep").node, { platform });
    expect(decided({}).stages[0]?.id).toBe(written.stages[0]?.id);
    expect(decided({ portable: [0] }).stages[0]?.id).not.toBe(written.stages[0]?.id);
  });

  it("change nothing without a decision, or with one for other layers", () => {
    expect(applyLayering(auto, () => undefined)).toBe(auto);
    expect(decided({ layers: [[0], [1]] })).toBe(auto);
  });

  it.each([
    ["one is missing", [[0], [2]], []],
    [
      "one is there twice",
      [
        [0, 1],
        [1, 2],
      ],
      [],
    ],
    ["one does not exist", [[0, 1, 2, 3]], []],
    ["a layer is portable that does not exist", [[0, 1, 2]], [1]],
  ] as const)("do not fit where %s", (_, layers, portable) => {
    expect(fitsStage({ melt: false, layers, portable, why: [] }, stage)).toBe(false);
  });
});
