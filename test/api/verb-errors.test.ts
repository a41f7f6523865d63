import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Base, Catalog, dockerfile, Image, synth } from "layerwright";
import { afterAll, describe, expect, test } from "vitest";
import { unreadable } from "../../src/adapters/bases/image-files.js";
import { sourceFailure } from "../../src/adapters/files-node/context-root.js";
import { outputError } from "../../src/adapters/host/atomic-file.js";
import { withLock } from "../../src/adapters/host/owned-lock.js";
import { newOwnedName } from "../../src/adapters/host/owner-mark.js";
import { openHostFile } from "../../src/archive/read-content.js";
import { emitDockerfile } from "../../src/dockerfile/emit-dockerfile.js";
import { lower } from "../../src/plan/lower.js";
import type { Plan } from "../../src/plan/plan.js";
import { assertPlan } from "../../src/plan/plan.js";
import { outputTarget } from "../../src/project/deliver.js";
import { expandTriggers } from "../../src/project/prepare/on-build.js";

const folder = mkdtempSync(join(tmpdir(), "layerwright-verbs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const coded = (code: string) => expect.objectContaining({ code });
const platform = { os: "linux", architecture: "amd64" };
const hello = new Catalog("acme", { hello: Image.scratch().write("/hello", "hello\n") });

/** What a failed call of the system looks like. */
function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code, syscall: "read" });
}

describe("the verbs", () => {
  test.each([[""], [{ type: "zip", dest: "x" }], [{ type: "oci", dest: "" }]])(
    "refuse the output %j: OUTPUT_INVALID",
    (output) => {
      expect(() => outputTarget(output as never)).toThrow(coded("OUTPUT_INVALID"));
    },
  );

  test("write no Dockerfiles outside of the context: OUT_OUTSIDE_CONTEXT", async () => {
    await expect(synth(hello, { context: folder, out: "../elsewhere" })).rejects.toThrow(
      coded("OUT_OUTSIDE_CONTEXT"),
    );
  });

  test("say which file could not be written: SYNTH_NOT_WRITTEN", async () => {
    writeFileSync(join(folder, "taken"), "a file");
    await expect(synth(hello, { context: folder, out: "taken" })).rejects.toThrow(coded("SYNTH_NOT_WRITTEN"));
  });

  test("cannot melt a base whose config nobody knows: BASE_CONFIG_UNKNOWN", async () => {
    const image = Image.from("debian:bookworm-slim").write("/a", "1").squash("all");
    await expect(dockerfile(image)).rejects.toThrow(coded("BASE_CONFIG_UNKNOWN"));
  });
});

describe("a Dockerfile", () => {
  test("cannot start from an archive without a reference: BASE_NO_CONTEXT", () => {
    const plan = lower(Image.from(Base.archive("base.tar")).write("/a", "1\n").node, { platform });
    expect(() => emitDockerfile(plan)).toThrow(coded("BASE_NO_CONTEXT"));
  });

  test("has a trigger that cannot be carried out: BASE_ONBUILD", () => {
    const plan = lower(Image.from(Base.layout("base")).write("/a", "1\n").node, { platform });
    const known = { config: { OnBuild: ["COPY --from=0 /a /b"] }, paths: {}, users: {}, groups: {} };
    const stages = plan.stages.map((stage) => ({ ...stage, base: { ...stage.base, known } }));
    expect(() => expandTriggers(plan, { ...plan, stages } as Plan, () => true)).toThrow(
      coded("BASE_ONBUILD"),
    );
  });
});

describe("a plan", () => {
  const plan = lower(Image.scratch().write("/a", "1").node, { platform });
  test.each<[string, Plan]>([
    ["no stage", { ...plan, stages: [] }],
    ["a stage twice", { ...plan, stages: [...plan.stages, ...plan.stages] }],
    [
      "a base that never comes",
      { ...plan, stages: [{ ...plan.stages[0]!, base: { kind: "stage", stage: "no" } }] },
    ],
  ])("with %s is refused: PLAN_INCONSISTENT", (_, broken) => {
    expect(() => assertPlan(broken, "a test")).toThrow(coded("PLAN_INCONSISTENT"));
  });
});

describe("the machine", () => {
  test("keeps a file of a layer to itself: FILE_UNREADABLE", () => {
    expect(() => openHostFile({ path: join(folder, "taken", "below") })).toThrow(coded("FILE_UNREADABLE"));
  });

  test("keeps a base to itself: BASE_UNREADABLE", () => {
    expect(unreadable("base.tar", systemError("EACCES"))).toEqual(coded("BASE_UNREADABLE"));
  });

  test("loses a source on the way: SOURCE_VANISHED", () => {
    expect(sourceFailure("a", systemError("ENOENT"))).toEqual(coded("SOURCE_VANISHED"));
  });

  test("fails while an output is written: OUTPUT_FAILED", () => {
    expect(outputError(systemError("EIO"), "out.tar")).toEqual(coded("OUTPUT_FAILED"));
  });

  test("has another writer at the layout for too long: LAYOUT_LOCKED", async () => {
    const lock = join(folder, "index.json.lock");
    symlinkSync(newOwnedName(), lock);
    await expect(withLock(lock, folder, async () => {}, 0.05)).rejects.toThrow(coded("LAYOUT_LOCKED"));
  });
});
