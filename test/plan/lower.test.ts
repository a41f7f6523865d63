import { describe, expect, it } from "vitest";
import { Base } from "../../src/image/base.js";
import { Image } from "../../src/image/image.js";
import { context } from "../../src/image/sources.js";
import { isUndecided } from "../../src/plan/layering.js";
import { layersOf, lowered } from "./planned.js";

describe("lowering", () => {
  it("makes one layer a file step and none of config steps", () => {
    const plan = lowered(Image.scratch().write("/a", "1").env("X", "1").write("/b", "2").cmd(["/a"]));
    expect(layersOf(plan)).toEqual([["write /a"], ["write /b"]]);
    expect(plan.stages[0]?.config.map((change) => change.set)).toEqual(["env", "cmd"]);
  });

  it("makes one layer of a recipe's own steps and one of a named layer", () => {
    const image = Image.scratch()
      .with((it) => it.write("/a", "1").write("/b", "2"))
      .layer("c", (it) => it.write("/c", "3").with((inner) => inner.write("/d", "4").write("/e", "5")));
    const plan = lowered(image);
    expect(layersOf(plan)).toEqual([
      ["write /a", "write /b"],
      ["write /c", "write /d", "write /e"],
    ]);
    expect(plan.stages[0]?.layers[1]?.name).toBe("c");
  });

  it.each([
    ["own", [["write /a", "write /b"]]],
    ["all", [["write /a", "write /b"]]],
    ["keep", [["write /a"], ["write /b"]]],
  ] as const)("squash %s gives %j", (policy, layers) => {
    const image = Image.scratch().write("/a", "1").write("/b", "2").squash(policy);
    expect(layersOf(lowered(image))).toEqual(layers);
  });

  it("leaves the layers of squash auto as they are in keep, until somebody decides", () => {
    const image = Image.scratch().write("/a", "1").write("/b", "2").squash("auto");
    const plan = lowered(image);
    expect(layersOf(plan)).toEqual([["write /a"], ["write /b"]]);
    expect(plan.stages.map(isUndecided)).toEqual([true]);
  });

  it("keeps the layers of a parent apart, whatever the child's policy", () => {
    const parent = Image.scratch().write("/a", "1").write("/b", "2");
    const plan = lowered(Image.from(parent).write("/c", "3").write("/d", "4").squash("own"));
    expect(plan.stages.map((stage) => stage.layers.length)).toEqual([2, 1]);
    expect(plan.stages[1]?.base).toEqual({ kind: "stage", stage: plan.stages[0]?.id });
  });

  it("resolves relative paths against the working folder, step by step", () => {
    const image = Image.scratch()
      .workdir("/srv")
      .workdir("app")
      .copy("x", ".")
      .copy("y", "sub/")
      .write("z", "1");
    expect(layersOf(lowered(image))).toEqual([
      ["mkdir /srv"],
      ["mkdir /srv/app"],
      ["copy x /srv/app/"],
      ["copy y /srv/app/sub/"],
      ["write /srv/app/z"],
    ]);
  });

  it("refuses a relative path where only the base knows the working folder", () => {
    expect(() => lowered(Image.from("golang:1.24").copy(".", "."))).toThrow(
      expect.objectContaining({ code: "RELATIVE_NEEDS_WORKDIR" }),
    );
  });

  it("inherits the working folder of a parent and knows that of a root file system", () => {
    const parent = Image.scratch().workdir("/srv");
    expect(layersOf(lowered(Image.from(parent).write("a", "1")))).toEqual([["write /srv/a"]]);
    const rootfs = Image.from(Base.rootfs("rootfs", { config: { WorkingDir: "/opt" } }));
    expect(layersOf(lowered(rootfs.write("a", "1")))).toEqual([["write /opt/a"]]);
  });

  it("gives a run step the state that it sees", () => {
    const image = Image.from("debian:bookworm-slim")
      .env("A", "1")
      .user("app")
      .run("one")
      .env("A", "2")
      .workdir("/w")
      .shell(["/bin/bash", "-c"])
      .run("two", { env: { B: "3" }, user: "root" });
    const runs = lowered(image).stages[0]?.layers.flatMap((layer) => layer.operations);
    expect(runs).toMatchObject([
      { op: "run", command: "one", env: { A: "1" }, user: "app", shell: ["/bin/sh", "-c"] },
      { op: "mkdir", path: "/w", owner: { user: "app" } },
      { op: "run", command: "two", env: { A: "2" }, stepEnv: { B: "3" }, user: "root", workdir: "/w" },
    ]);
    expect(runs?.[0]).not.toHaveProperty("workdir");
  });

  it("lowers an image that is used twice once, before its users", () => {
    const build = Image.from("golang:1.24").run("go build");
    const image = Image.scratch().binary(build.path("/out/a"), "/a").binary(build.path("/out/b"), "/b");
    const plan = lowered(image);
    expect(plan.stages).toHaveLength(2);
    expect(layersOf(plan)).toEqual([
      ["binary /out/a of another stage /a"],
      ["binary /out/b of another stage /b"],
    ]);
  });

  it("gives equal work equal ids, wherever it was written", () => {
    const one = lowered(Image.scratch().write("/a", "1"));
    const two = lowered(Image.scratch().write("/a", "1"));
    expect(one.stages[0]?.origin).toBeUndefined();
    expect(two.stages[0]?.id).toBe(one.stages[0]?.id);
    expect(lowered(Image.scratch().write("/a", "2")).stages[0]?.id).not.toBe(one.stages[0]?.id);
  });

  it("collects named contexts and refuses one name for two folders", () => {
    const assets = context("assets", "../assets");
    expect(lowered(Image.scratch().copy(assets.path("x"), "/x")).contexts).toEqual({ assets: "../assets" });
    const image = Image.scratch().copy(assets, "/x").copy(context("assets", "other"), "/y");
    expect(() => lowered(image)).toThrow(expect.objectContaining({ code: "CONTEXT_NAME_TAKEN" }));
  });

  it("is plain JSON", () => {
    const plan = lowered(
      Image.scratch()
        .write("/bin", new Uint8Array([0, 255]))
        .healthcheck(null),
    );
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});
