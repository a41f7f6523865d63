import { describe, expect, it } from "vitest";
import { Image, type Recipe } from "../../src/image/image.js";
import type { Step } from "../../src/image/nodes.js";

/** Steps as text: `run`, and `layer(run env run)` or `layer:name(...)`. */
function shape(steps: readonly Step[]): string {
  return steps
    .map((step) => {
      if (step.kind !== "layer") return step.kind;
      return `layer${step.name === undefined ? "" : `:${step.name}`}(${shape(step.steps)})`;
    })
    .join(" ");
}

const two: Recipe = (image) => image.run("a").run("b");

const cases: readonly (readonly [string, Recipe, string])[] = [
  ["own steps", (i) => i.with(two), "layer(run run)"],
  ["one step", (i) => i.with((it) => it.run("a")), "run"],
  ["one file step and config", (i) => i.with((it) => it.env("A", "1").run("a").user(1)), "env run user"],
  ["config between", (i) => i.with((it) => it.run("a").env("A", "1").run("b")), "layer(run env run)"],
  ["no step", (i) => i.with((it) => it), ""],
  [
    "a recipe inside",
    (i) => i.with((it) => it.run("x").run("y").with(two).run("z")),
    "layer(run run) layer(run run) run",
  ],
  ["a layer inside", (i) => i.with((it) => it.run("x").layer("n", two).run("y")), "run layer:n(run run) run"],
  ["called as a function", (i) => two(i), "run run"],
  ["after earlier steps", (i) => two(i.run("0").with(two)), "run layer(run run) run run"],
  ["when it holds", (i) => i.when(true, two), "layer(run run)"],
  ["when it does not", (i) => i.when(false, two), ""],
  [
    "a named layer",
    (i) => i.layer("n", (it) => it.with(two).run("c").layer("m", two)),
    "layer:n(run run run run run)",
  ],
  ["a named layer of one", (i) => i.layer("n", (it) => it.run("c")), "layer:n(run)"],
  ["a named layer of none", (i) => i.layer("n", (it) => it), ""],
];

describe("layers of recipes", () => {
  it.each(cases)("%s", (_name, recipe, expected) => {
    expect(shape(recipe(Image.from("debian")).node.steps)).toBe(expected);
    // The same when the chain was already gathered.
    const image = Image.from("debian").run("before");
    expect(image.node.steps).toHaveLength(1);
    const after = recipe(image);
    expect(shape(after.node.steps)).toBe(`run ${expected}`.trim());
  });

  it("takes another image, base or policy as it is", () => {
    const image = Image.from("debian").run("a");
    expect(shape(image.with(() => two(Image.scratch())).node.steps)).toBe("run run");
    expect(shape(image.with((it) => two(Image.from(it))).node.steps)).toBe("run run");
    const squashed = image.with((it) => two(it).squash("all"));
    expect(squashed.node.squash).toBe("all");
    expect(shape(squashed.node.steps)).toBe("run run run");
  });

  it("looks into a recipe that asked for the node", () => {
    const peek: Recipe = (image) => {
      const changed = image.run("a").run("b");
      expect(changed.node.steps.length).toBeGreaterThan(1);
      return changed;
    };
    expect(shape(Image.scratch().run("0").with(peek).node.steps)).toBe("run layer(run run)");
  });
});
