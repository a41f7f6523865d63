import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ensureBases } from "../fixtures/bases.js";
import { serveFile } from "../golden/serve-file.js";
import { noSandbox } from "./both-ways.js";
import { buildersOf, readyBuilders } from "./builders.js";
import { compareBuilders } from "./compare-builders.js";
import { textOnly } from "./known-differences.js";
import { type Outcome, publish } from "./report.js";
import { Workspace } from "./subjects.js";

const bases = ensureBases();
const { ready, missing } = readyBuilders();
if (process.env["CI"] && !bases.busybox)
  throw new Error("the test base has no tools: install busybox-static");

const workspace = new Workspace();
const work = mkdtempSync(join(tmpdir(), "layerwright-builds-"));
const close = await serveFile();
const only = process.env["LAYERWRIGHT_CASE"];
const subjects = [...(await workspace.goldenSubjects()), ...(await workspace.exampleSubjects())].filter(
  ({ name }) => only === undefined || name.includes(only),
);
const outcomes: Outcome[] = [];

afterAll(async () => {
  await close();
  workspace.remove();
  rmSync(work, { recursive: true, force: true });
  if (ready.length > 0) publish(outcomes);
});

describe("the direct build and the Dockerfile give the same image", () => {
  test.each(subjects)("$name", { timeout: 600_000 }, async ({ name, image, context }) => {
    const folder = mkdtempSync(join(work, "case-"));
    const store = join(work, "store");
    if (textOnly[name] !== undefined) {
      outcomes.push(
        ...ready.map((builder) => ({
          name,
          builder: builder.name,
          result: "text only",
          differences: [],
          known: [],
        })),
      );
      return;
    }
    const found = await compareBuilders(name, { image, context, store }, buildersOf(ready, name), folder);
    outcomes.push(...found);
    const lines = found.flatMap(({ builder, differences }) =>
      differences.map((line) => `${builder}: ${line}`),
    );
    expect(lines.join("\n")).toBe("");
  });

  test.runIf(noSandbox !== undefined)("commands run in the direct build", ({ skip }) => skip(noSandbox));

  test.runIf(missing.length > 0)("every builder is here", ({ skip }) => skip(missing.join("; ")));
});
