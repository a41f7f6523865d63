import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Base, type BuildOptions, build, Image } from "layerwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProgressEvent } from "../../../src/ports/progress.js";
import { forecastRuns } from "../../../src/project/explain.js";
import { planImage } from "../../../src/project/prepare/prepare.js";
import { BASES, ensureBases } from "../../fixtures/bases.js";
import { whyNoSandbox } from "../../fixtures/sandbox-here.js";

const missing = await whyNoSandbox();
const work = mkdtempSync(join(tmpdir(), "layerwright-run-cache-"));
beforeAll(() => void ensureBases());
afterAll(() => rmSync(work, { recursive: true, force: true }));

const base = () => Image.from(Base.rootfs(join(BASES, "rootfs.tar")));
const none = { network: "none" } as const;

/** The commands that ran in a build. */
async function ran(image: Image, more: Partial<BuildOptions> = {}): Promise<string[]> {
  const seen: string[] = [];
  const report = (event: ProgressEvent) => {
    if (event.kind === "finish" && event.cached !== true && event.label.startsWith("run "))
      seen.push(event.label);
  };
  await build(image, {
    context: work,
    store: join(work, "store"),
    compression: "none",
    progress: { report },
    ...more,
  });
  return seen;
}

function note(text: string): void {
  mkdirSync(join(work, "src"), { recursive: true });
  writeFileSync(join(work, "src/note"), text);
}

describe.skipIf(missing !== undefined)("commands that ran before", () => {
  test("run again when a file below changed in content, and not when it has another time", async () => {
    const image = base().copy("src", "/src").run("cat /src/note > /a", none).run("cat /a > /b", none);
    note("one");
    expect(await ran(image)).toHaveLength(2);
    expect(await ran(image)).toEqual([]);
    const then = new Date(1_000_000_000_000);
    utimesSync(join(work, "src/note"), then, then);
    expect(await ran(image)).toEqual([]);
    note("two");
    expect(await ran(image)).toHaveLength(2);
  });

  test("run again when they are told to, and so does what follows", async () => {
    const image = base()
      .run("touch /first", none)
      .run("cat /proc/uptime > /up", none)
      .run("cat /up > /copy", none);
    expect(await ran(image)).toHaveLength(3);
    expect(await ran(image, { noCacheSteps: ["uptime"] })).toEqual([
      "run cat /proc/uptime > /up",
      "run cat /up > /copy",
    ]);
    expect(await ran(image)).toEqual([]);
  });

  test("say why they would run", async () => {
    const image = (word: string) =>
      base().env("WORD", word).copy("src", "/src").run("cat /src/note > /why", none).run("cat /why", none);
    const why = async (word: string) => {
      const { plan } = planImage(image(word).node, { context: work });
      return forecastRuns(plan, { context: work, store: join(work, "another") });
    };
    note("three");
    expect(await why("a")).toMatchObject([{ runs: true, reasons: ["it did not run here before"] }]);
    await ran(image("a"), { store: join(work, "another") });
    expect(await why("a")).toMatchObject([
      { runs: false, reasons: [] },
      { runs: false, reasons: [] },
    ]);
    note("four");
    expect(await why("b")).toMatchObject([
      { runs: true, reasons: ["copy src /src changed", "the variable WORD changed"] },
    ]);
  });
});
