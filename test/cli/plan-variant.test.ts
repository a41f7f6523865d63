import { describe, expect, it } from "vitest";
import { packVariant, unpackVariant } from "../../src/cli/load/loaded-catalog.js";
import { Image } from "../../src/image/image.js";
import { planImage } from "../../src/project/prepare/prepare.js";

describe("a plan under another policy", () => {
  const base = Image.scratch().write("/usr/big", "f".repeat(10_000));
  const image = Image.from(base).write("/srv/a", "1").write("/srv/b", "2");
  const planOf = (squash: "keep" | "own" | "all") => planImage({ ...image.node, squash }, {}).plan;

  it.each(["keep", "own", "all"] as const)(
    "%s travels without what is known, and comes back whole",
    (squash) => {
      const packed = packVariant(squash, planOf(squash), planOf("keep"));
      expect(JSON.stringify(packed)).not.toContain("f".repeat(1000));
      expect(unpackVariant(JSON.parse(JSON.stringify(packed)), planOf("keep"))).toEqual(planOf(squash));
    },
  );
});
