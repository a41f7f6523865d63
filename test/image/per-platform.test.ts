import { describe, expect, it } from "vitest";
import { Catalog } from "../../src/catalog/catalog.js";
import { Image, type PlatformRecipes } from "../../src/image/image.js";
import { parsePlatform } from "../../src/oci/platform.js";
import { lower } from "../../src/plan/lower.js";
import type { Plan } from "../../src/plan/plan.js";
import { layersOf } from "../plan/planned.js";
import { codeOf, refusal } from "./refusal.js";

const recipes: PlatformRecipes = {
  "linux/x86_64": (image) => image.write("/amd64", "1").write("/more", "2").env("CPU", "amd64"),
  "linux/arm/v7": (image) => image.write("/armv7", "1"),
  default: (image) => image.write("/other", "1"),
};

function planFor(image: Image, platform: string): Plan {
  return lower(image.node, { platform: parsePlatform(platform) });
}

describe("perPlatform", () => {
  const image = Image.scratch().write("/first", "1").perPlatform(recipes).write("/last", "1");

  it.each([
    ["linux/amd64", [["write /amd64", "write /more"]]],
    ["linux/amd64/v3", [["write /amd64", "write /more"]]],
    ["linux/arm", [["write /armv7"]]],
    ["linux/arm/v6", [["write /other"]]],
    ["linux/arm64", [["write /other"]]],
  ])("for %s has the layers %j", (platform, own) => {
    expect(layersOf(planFor(image, platform))).toEqual([["write /first"], ...own, ["write /last"]]);
  });

  it("sets the config of the platform alone", () => {
    const sets = (platform: string) => planFor(image, platform).stages[0]!.config.map(({ set }) => set);
    expect([sets("linux/amd64"), sets("linux/arm64")]).toEqual([["env"], []]);
  });

  it("inside of a named layer is part of it, and in a recipe stays a layer of its own", () => {
    const named = Image.scratch().layer("all", (it) => it.write("/a", "1").perPlatform(recipes));
    expect(layersOf(planFor(named, "linux/amd64"))).toEqual([["write /a", "write /amd64", "write /more"]]);
    const nested = Image.scratch().with((it) => it.write("/a", "1").write("/b", "1").perPlatform(recipes));
    expect(layersOf(planFor(nested, "linux/arm64"))).toEqual([["write /a", "write /b"], ["write /other"]]);
  });

  it("may lie in a parent, a source and another perPlatform", () => {
    const source = Image.scratch().perPlatform({
      "linux/amd64": (it) => it.write("/tool", "amd64"),
      "linux/arm64": (it) => it.write("/tool", "arm64"),
    });
    const child = Image.from(image).perPlatform({
      default: (it) => it.perPlatform({ "linux/arm64": (one) => one.copy(source.path("/tool"), "/tool") }),
    });
    const plan = planFor(child, "linux/arm64");
    expect(plan.stages.map((stage) => stage.layers.length)).toEqual([3, 1, 1]);
    expect(JSON.stringify(plan)).toContain('"arm64"');
    expect(new Catalog("acme", { source, child }).dependencies("child")).toEqual(["source"]);
  });

  it("without steps for the platform is refused when it is planned, at its line", () => {
    const line = Number(/:(\d+):\d+\)?$/m.exec(new Error().stack!.split("\n")[1]!)![1]) + 1;
    const amd64 = Image.scratch().perPlatform({ "linux/amd64": (it) => it.write("/a", "1") });
    expect(() => planFor(amd64, "linux/arm64")).toThrow(
      expect.objectContaining({
        code: "PLATFORM_NOT_GIVEN",
        shortMessage: "perPlatform: there are no steps for linux/arm64, only for linux/amd64",
        origin: expect.objectContaining({ line }),
      }),
    );
  });

  it("is data that never changes", () => {
    expect(Object.isFrozen(image.node.steps[1])).toBe(true);
    expect(JSON.stringify(image.node.steps[1])).toContain('"platform":"linux/amd64"');
  });

  it("refuses what is no recipe for a platform", () => {
    const same: PlatformRecipes = { "linux/amd64": (it) => it, "linux/x86_64": (it) => it };
    expect(refusal(() => image.perPlatform(same)).shortMessage).toBe(
      'perPlatform: "linux/amd64" and "linux/x86_64" are the same platform',
    );
    expect(codeOf(() => image.perPlatform(same))).toBe("PLATFORM_TWICE");
    expect(codeOf(() => image.perPlatform({ amd64: (it: Image) => it } as never))).toBe("PLATFORM_INVALID");
    expect(codeOf(() => image.perPlatform({}))).toBe("ARGUMENT_INVALID");
    expect(codeOf(() => image.perPlatform({ "linux/amd64": 1 as never }))).toBe("RECIPE_INVALID");
    expect(codeOf(() => image.perPlatform({ default: () => Image.scratch() }))).toBe(
      "PLATFORM_RECIPE_INVALID",
    );
  });
});
