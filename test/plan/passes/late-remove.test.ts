import { describe, expect, it } from "vitest";
import { Image } from "../../../src/image/image.js";
import { layersOf, planned } from "../planned.js";

const scratch = Image.scratch();
const debian = Image.from("debian:bookworm-slim");
const files = { app: "file", tree: "folder" } as const;
const only = ["late-remove"];

describe("late-remove", () => {
  it.each([
    ["a written file", scratch.write("/w", "x").write("/keep", "y").remove("/w"), [["write /keep"]]],
    [
      "a file in a folder of its own, whose folder stays",
      scratch.write("/d/w", "x").remove("/d/w"),
      [["mkdir /d"]],
    ],
    ["a copied file", scratch.copy("app", "/app").write("/keep", "y").remove("/app"), [["write /keep"]]],
    ["a part of a tree", scratch.copy("tree", "/t").remove("/t/tests"), [["copy tree /t"]]],
    [
      "what was there twice",
      scratch.copy("tree", "/t").write("/t/x", "1").remove("/t/x"),
      [["copy tree /t"]],
    ],
    ["a folder of its own", scratch.mkdir("/d").write("/keep", "y").remove("/d"), [["write /keep"]]],
    [
      "a folder of its own with what it wrote there",
      scratch.mkdir("/d/e").write("/d/e/w", "x").copy("app", "/d/app").write("/keep", "y").remove("/d"),
      [["write /keep"]],
    ],
    ["a folder that came with its file", scratch.write("/a/d/w", "x").remove("/a/d"), [["mkdir /a"]]],
    [
      "a plain rm command",
      Image.from(scratch.write("/x", "1")).copy("app", "/app").run("rm -rf /nothing"),
      undefined,
    ],
  ] as const)("takes back %s", (_, image, layers) => {
    const { plan } = planned(image, files, only);
    if (layers !== undefined) expect(layersOf(plan)).toEqual(layers);
  });

  it("excludes what is removed from a tree by its exact name", () => {
    const { plan } = planned(scratch.copy("tree", "/t").remove("/t/a*b[1]"), files, only);
    expect(plan.stages[0]?.layers[0]?.operations[0]).toMatchObject({ exclude: ["a\\*b\\[1\\]"] });
  });

  it.each([
    ["the base may have it", debian.copy("app", "/app").remove("/app")],
    [
      "a link leads out of it",
      scratch.mkdir("/o").mkdir("/d").symlink("/o", "/d/l").write("/d/l/w", "x").remove("/d"),
    ],
    [
      "it is a link that was written through",
      scratch.mkdir("/o").symlink("/o", "/d").write("/d/w", "x").remove("/d"),
    ],
    ["a command may have seen it", debian.copy("app", "/app").run("cp /app /b").remove("/app")],
  ] as const)("leaves it where %s, and says so", (_, image) => {
    const { plan, warnings } = planned(image, files, only);
    expect(layersOf(plan).at(-1)?.[0]).toMatch(/^remove /);
    expect(warnings).toMatchObject([{ code: "REMOVE_FREES_NOTHING" }]);
  });

  it.each([
    [debian.run("make").remove("/out"), /append "&& rm -rf \/out" to run make \(\S+:\d+\), if it makes/],
    [
      debian.copy("app", "/app").run("./x").run("rm -rf /app/tmp"),
      /append "&& rm -rf \/app\/tmp" to run \.\/x/,
    ],
    [debian.write("/d/x", "1").symlink("/d", "/l").remove("/d"), /take it out of write \/d\/x/],
    [Image.from(debian.run("make")).remove("/out"), /append "&& rm -rf \/out" to run make/],
    [debian.remove("/usr/share/doc"), /start from a base without it/],
  ])("names the line to write instead", (image, words) => {
    const { warnings } = planned(image, files, only);
    expect(warnings).toMatchObject([{ message: expect.stringMatching(words) }]);
  });
});
