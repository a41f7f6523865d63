import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findHostTools } from "../../../src/adapters/sandbox-runc/host-tools.js";
import { build } from "../../../src/api/build.js";
import { dockerfile } from "../../../src/api/dockerfile.js";
import { synth } from "../../../src/api/synth.js";
import { Catalog } from "../../../src/catalog/catalog.js";
import { Image } from "../../../src/image/image.js";
import { planImage } from "../../../src/project/prepare/prepare.js";
import { buildPlan } from "../../api/of-plans.js";
import { imageListing } from "../../peers/image-listing.js";

const work = mkdtempSync(join(tmpdir(), "layerwright-host-run-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const search = findHostTools();
const canRun = search.tools?.root === true;
const reason = "needs root, runc or crun, util-linux and GNU tar";

function options(name: string) {
  const context = join(work, name);
  mkdirSync(context, { recursive: true });
  return { context, store: join(work, "store"), output: join(context, "out.tar"), compression: "none" };
}

const sh = (script: string) => ["sh", "-ec", script];

describe.skipIf(!canRun)(`hostRun (${reason})`, () => {
  it("makes one layer of what the command changed, and does not run it again", async () => {
    const count = join(work, "count");
    const image = Image.scratch()
      .write("/etc/before", "kept")
      .hostRun(
        sh(
          `echo . >> ${count}; cd "$ROOT"; mkdir -p srv; echo hi > srv/hi; chmod 0640 srv/hi; chown 7:8 srv/hi`,
        ),
      );
    const first = await build(image, options("once"));
    const again = await build(image, options("once"));
    expect(again.digest).toBe(first.digest);
    expect(readFileSync(count, "utf8")).toBe(".\n");
    const listing = imageListing(join(work, "once/out.tar"));
    expect(listing.layers).toHaveLength(2);
    expect(listing.rootfs.get("srv/hi")).toMatchObject({ type: "file", mode: 0o640, uid: 7, gid: 8 });
    await build(image, { ...options("once"), noCacheSteps: ["srv/hi"] });
    expect(readFileSync(count, "utf8")).toBe(".\n.\n");
  });

  it("takes deletions and replacements into the layer", async () => {
    const below = Image.scratch().write("/a/one", "1").write("/a/two", "2").write("/b", "file");
    const image = below.hostRun(sh('rm "$ROOT/a/one" "$ROOT/b"; mkdir "$ROOT/b"; echo 3 > "$ROOT/b/three"'));
    await build(image, options("gone"));
    const { rootfs } = imageListing(join(work, "gone/out.tar"));
    expect([...rootfs.keys()].filter((path) => path !== "").sort()).toEqual(["a", "a/two", "b", "b/three"]);
  });

  it("calls a function with the folder", async () => {
    const image = Image.scratch().hostRun(({ root }) => writeFileSync(join(root, "made"), "by a function"));
    await build(image, options("function"));
    expect(imageListing(join(work, "function/out.tar")).rootfs.has("made")).toBe(true);
  });

  it("is a tar beside the Dockerfile, and synth runs the command for it", async () => {
    const image = Image.scratch().hostRun(sh('mkdir "$ROOT/etc"; echo hi > "$ROOT/etc/hi"'));
    const { context, store } = options("synth");
    const { out } = await synth(new Catalog("acme", { app: image }), { context, store });
    const text = readFileSync(join(out, "app/Dockerfile"), "utf8");
    const [, tar = ""] = /^ADD (\S+layer-[0-9a-f]{16}\.tar) \/$/m.exec(text) ?? [];
    expect(execFileSync("tar", ["-tf", join(context, tar)], { encoding: "utf8" })).toBe("etc/\netc/hi\n");
  });

  it("says what failed, with its last output", async () => {
    const image = Image.scratch().hostRun(sh("echo trouble; exit 9"));
    await expect(build(image, options("failed"))).rejects.toMatchObject({
      code: "RUN_FAILED",
      exitCode: 9,
      output: ["trouble"],
    });
  });

  it("refuses a tool that the machine does not have, before any work", async () => {
    const image = Image.scratch().hostRun(["layerwright-no-such-tool", "{root}"]);
    await expect(build(image, options("tool"))).rejects.toMatchObject({ code: "HOST_TOOL_MISSING" });
    const needs = Image.scratch().hostRun(["sh"], { tools: ["layerwright-no-such-tool"] });
    await expect(build(needs, options("tool"))).rejects.toMatchObject({ code: "HOST_TOOL_MISSING" });
  });

  it("refuses a function of another process, before any work", async () => {
    const image = Image.scratch().hostRun(() => {});
    const optimized = planImage(image.node, { context: work });
    // As a plan is that came from another process: the name is there, and the function is not.
    const text = JSON.stringify(optimized.plan).replace(/"function":"[0-9a-f]+"/, '"function":"0000"');
    await expect(buildPlan({ ...optimized, plan: JSON.parse(text) }, options("other"))).rejects.toMatchObject(
      {
        code: "HOST_FUNCTION_ELSEWHERE",
      },
    );
  });

  it("runs again when the key changes, with the variables of the step", async () => {
    const image = (key: string) =>
      Image.scratch().hostRun(sh('echo "$WORD" > "$ROOT/word"'), { key, env: { WORD: key } });
    const first = await build(image("one"), options("key"));
    const second = await build(image("two"), options("key"));
    expect(second.layers[0]?.diffId).not.toBe(first.layers[0]?.diffId);
  });
});

describe("hostRun without a build", () => {
  it("is no Dockerfile by itself: HOST_LAYER_MISSING", async () => {
    const image = Image.scratch().hostRun(["true"]);
    await expect(dockerfile(image)).rejects.toThrow(expect.objectContaining({ code: "HOST_LAYER_MISSING" }));
  });

  it.each([
    ["an empty command", () => Image.scratch().hostRun([]), "COMMAND_INVALID"],
    ["text", () => Image.scratch().hostRun("mmdebstrap" as never), "COMMAND_NOT_ARRAY"],
    ["an unknown option", () => Image.scratch().hostRun(["a"], { root: "/" } as never), "OPTION_UNKNOWN"],
    ["a key that is no text", () => Image.scratch().hostRun(["a"], { key: 1 } as never), "ARGUMENT_INVALID"],
  ])("refuses %s", (_, make, code) => {
    expect(make).toThrow(expect.objectContaining({ code }));
  });
});
