import { describe, expect, it } from "vitest";
import { Image } from "../../../src/image/image.js";
import { context } from "../../../src/image/sources.js";
import { layersOf, planned } from "../planned.js";

const scratch = Image.scratch();

describe("join-copies", () => {
  const only = ["join-copies"];

  it("puts the folder of a workdir into the layer that fills it", () => {
    const { plan } = planned(scratch.workdir("/srv").copy("app", "."), { app: "file" }, only);
    expect(layersOf(plan)).toEqual([["mkdir /srv", "copy app /srv/"]]);
  });

  it("leaves it alone before a layer that fills another folder", () => {
    expect(layersOf(planned(scratch.workdir("/srv").copy("app", "/x"), {}, only).plan)).toHaveLength(2);
  });

  it("does not write a file that the next step writes again", () => {
    const image = scratch.write("/a", "1").write("/b", "2").copy("app", "/a");
    expect(layersOf(planned(image, { app: "file" }, only).plan)).toEqual([["write /b"], ["copy app /a"]]);
  });

  it.each([
    ["a base may stand behind it", Image.from("debian").write("/a", "1").write("/a", "2")],
    ["a link follows", scratch.write("/a", "1").symlink("/b", "/a")],
  ] as const)("writes it where %s", (_, image) => {
    expect(layersOf(planned(image, {}, only).plan)).toHaveLength(2);
  });
});

describe("join-config", () => {
  it("keeps the last value at the place of the first", () => {
    const image = scratch.env("A", "1").env("B", "2").env("A", "3").cmd(["x"]).cmd(["y"]).expose(80, 80);
    const { plan } = planned(image, {}, ["join-config"]);
    expect(plan.stages[0]?.config).toMatchObject([
      { set: "env", name: "A", value: "3" },
      { set: "env", name: "B", value: "2" },
      { set: "cmd", args: ["y"] },
      { set: "expose", port: "80/tcp" },
    ]);
  });
});

describe("drop-dead-stages and prune-context", () => {
  it("drop what a removed copy came from", () => {
    const build = Image.from("golang:1.24").run("go build");
    const assets = context("assets", "../assets");
    const image = scratch
      .copy(build.path("/out/app"), "/app")
      .copy(assets.path("logo"), "/logo")
      .write("/x", "1");
    expect(planned(image).plan.stages).toHaveLength(2);
    const gone = scratch.binary(build.path("/out/app"), "/app").write("/x", "1").remove("/app");
    const { plan, records } = planned(gone);
    expect(plan.stages).toHaveLength(1);
    expect(records.map((record) => record.pass)).toContain("drop-dead-stages");
  });
});
