import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ensureBases } from "../fixtures/bases.js";
import { serveFile } from "../golden/serve-file.js";
import { noSandbox } from "./both-ways.js";
import { buildersOf, buildersOfBase, readyBuilders } from "./builders.js";
import { compareBuilders } from "./compare-builders.js";
import { textOnly } from "./known-differences.js";
import { onOtherBase, otherBases, standsOn } from "./other-bases.js";
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
/** The outcomes of each test, in the order of the tests and not of their ends. */
const outcomes: (readonly Outcome[])[] = [];
const { ready: others, missing: missingBases } = otherBases();

afterAll(async () => {
  await close();
  workspace.remove();
  rmSync(work, { recursive: true, force: true });
  if (ready.length > 0) publish(outcomes.flat());
});

/** The test that writes into a context now, by context. */
const turns = new Map<string, Promise<unknown>>();

/** Compares when no other test has the context: what `synth` writes there would be the other's. */
function inTurn<Result>(context: string, compare: () => Promise<Result>): Promise<Result> {
  const done = (turns.get(context) ?? Promise.resolve()).then(compare, compare);
  turns.set(context, done);
  return done;
}

function linesOf(found: readonly Outcome[]): string {
  return found
    .flatMap(({ builder, differences }) => differences.map((line) => `${builder}: ${line}`))
    .join("\n");
}

// A build mostly waits for others, so some cases are built at a time.
describe.concurrent("the direct build and the Dockerfile give the same image", () => {
  const own = subjects.map((subject, index) => ({ ...subject, index }));
  test.each(own)("$name", { timeout: 600_000 }, async ({ name, image, context, index }) => {
    const folder = mkdtempSync(join(work, "case-"));
    const store = join(work, "store");
    if (textOnly[name] !== undefined) {
      outcomes[index] = ready.map((builder) => ({
        name,
        builder: builder.name,
        result: "text only",
        differences: [],
        known: [],
      }));
      return;
    }
    const found = await inTurn(context, () =>
      compareBuilders(name, { image, context, store }, buildersOf(ready, name), folder),
    );
    outcomes[index] = found;
    expect(linesOf(found)).toBe("");
  });

  const onOthers = subjects
    .flatMap(({ name, image, context }) =>
      others.flatMap((other) => {
        const fits = textOnly[name] === undefined && standsOn(name, other);
        const node = fits ? onOtherBase(image.node, other) : undefined;
        return node === undefined ? [] : [{ name, base: other.name, other, image: { node }, context }];
      }),
    )
    .map((one, index) => ({ ...one, index: subjects.length + index }));
  test.each(onOthers)(
    "$name, $base",
    { timeout: 600_000 },
    async ({ name, other, image, context, index }) => {
      const folder = mkdtempSync(join(work, "case-"));
      const input = { image, context, store: join(work, "store"), bases: [other.image] };
      const found = await inTurn(context, () =>
        compareBuilders(name, input, buildersOfBase(ready), folder, other.name),
      );
      outcomes[index] = found;
      expect(linesOf(found)).toBe("");
    },
  );

  test.runIf(noSandbox !== undefined)("commands run in the direct build", ({ skip }) => skip(noSandbox));

  test.runIf(missingBases.length > 0)("every base is here", ({ skip }) => skip(missingBases.join("; ")));

  test.runIf(missing.length > 0)("every builder is here", ({ skip }) => skip(missing.join("; ")));
});
