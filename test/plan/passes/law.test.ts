import fc from "fast-check";
import { Image } from "layerwright";
import { describe, expect, test } from "vitest";
import { sha256Hex } from "../../../src/core/bytes.js";
import { canonicalJson } from "../../../src/core/json.js";
import { addressPlan } from "../../../src/plan/address.js";
import type { Operation } from "../../../src/plan/operation.js";
import { dropDeadStages } from "../../../src/plan/passes/drop-dead-stages.js";
import type { SourceProbe } from "../../../src/plan/passes/pass.js";
import { optimize, optimizeTogether, passes } from "../../../src/plan/passes/pipeline.js";
import type { Layer, Plan } from "../../../src/plan/plan.js";
import { lowerImage } from "../../../src/project/prepare/prepare.js";
import { Workspace } from "../../equivalence/subjects.js";
import { caseFolder, caseImage, goldenCases, PLATFORM } from "../../golden/golden-cases.js";

const probe: SourceProbe = (_, path) => (/\.\w+$|file|tool/.test(path) ? "file" : "folder");

/** The keys of layers under which a builder keeps them, with the commands that each runs. */
function keptLayers(plan: Plan): ReadonlyMap<string, number> {
  const keys = new Map<string, number>();
  for (const { layers } of plan.stages) {
    for (const { id, operations } of layers) keys.set(id, operations.filter(({ op }) => op === "run").length);
  }
  return keys;
}

/** The commands that a builder runs which has built one plan before and gets another now. */
function reruns(before: Plan, now: Plan): number {
  const kept = keptLayers(before);
  return [...keptLayers(now)].reduce((sum, [key, runs]) => sum + (kept.has(key) ? 0 : runs), 0);
}

/** An operation as its author changes it, without making another kind of command of it. */
function changed(operation: Operation): Operation {
  switch (operation.op) {
    case "run":
      return typeof operation.command === "string"
        ? {
            ...operation,
            command: / /.test(operation.command)
              ? operation.command.replace(" ", "  ")
              : `${operation.command} ;:`,
          }
        : { ...operation, stepEnv: { ...operation.stepEnv, CHANGED: "1" } };
    case "write":
      return {
        ...operation,
        contents: { ...operation.contents, digest: `sha256:${sha256Hex("changed")}`, text: "changed" },
      };
    case "chmod":
    case "mkdir":
      return { ...operation, mode: { octal: 0o711 } };
    case "chown":
      return { ...operation, owner: { user: 4321, group: 4321 } };
    default:
      return operation;
  }
}

/** Each plan that differs in the operation of one line, wherever stages have it. */
function* changes(plan: Plan): Generator<{ readonly plan: Plan; readonly line: string }> {
  const all = plan.stages.flatMap(({ layers }) => layers.flatMap(({ operations }) => operations));
  for (const line of new Set(all.map(({ origin }) => JSON.stringify(origin)))) {
    let isOther = false;
    const stages = plan.stages.map((stage) => ({
      ...stage,
      layers: stage.layers.map((layer) => ({
        ...layer,
        operations: layer.operations.map((one) => {
          const next = JSON.stringify(one.origin) === line ? changed(one) : one;
          isOther ||= next !== one;
          return next;
        }),
      })),
    }));
    if (isOther) yield { plan: addressPlan({ ...plan, stages }), line };
  }
}

/** Lines of the operations of an image that other images have, too, in the same layers. */
function sharedLines(plan: Plan, others: readonly Plan[]): ReadonlySet<string> {
  const theirs = new Set(others.flatMap((other) => [...layerKeys(other).keys()]));
  const lines = new Set<string>();
  for (const [key, layer] of layerKeys(plan)) {
    if (theirs.has(key)) for (const { origin } of layer.operations) lines.add(JSON.stringify(origin));
  }
  return lines;
}

/** The layers of a plan by what they do, on what: whether by way of a stage or not. */
function layerKeys(plan: Plan): ReadonlyMap<string, Layer> {
  const tops = new Map<string, string>();
  const keys = new Map<string, Layer>();
  for (const { id, base, squash, layers } of plan.stages) {
    let key = base.kind === "stage" ? tops.get(base.stage)! : canonicalJson(base, (name) => name === "known");
    if (squash === "all") key += " all";
    for (const layer of layers) {
      key = sha256Hex(
        canonicalJson([key, layer.operations], (name) => name === "origin" || name === "found"),
      );
      keys.set(key, layer);
    }
    tops.set(id, key);
  }
  return keys;
}

/** Two images that have the first layers of an image in common. */
function forks(plan: Plan): readonly Plan[] {
  const last = plan.stages.at(-1)!;
  return last.layers.map((_, at) => {
    const other: Layer = { id: "", operations: [marker] };
    const stage = { ...last, layers: [...last.layers.slice(0, at), other] };
    const fork = addressPlan({ ...plan, stages: [...plan.stages.slice(0, -1), stage] });
    return optimize(fork, { passes: [dropDeadStages] }).plan;
  });
}

const marker: Operation = {
  op: "write",
  path: "/only-here",
  contents: { digest: `sha256:${sha256Hex("1")}`, size: 1, text: "1" },
  mode: { octal: 0o644 },
  origin: { file: "other", line: 1 },
};

/** The same plan with a line for each operation; what several stages have in common is of one line. */
function numbered(plan: Plan): Plan {
  const lines = new Map<string, number>();
  const stages = plan.stages.map((stage) => ({
    ...stage,
    layers: stage.layers.map((layer) => ({
      ...layer,
      operations: layer.operations.map((one, at) => {
        const key = `${layer.id} ${at}`;
        lines.set(key, lines.get(key) ?? lines.size + 1);
        return { ...one, origin: { file: "steps", line: lines.get(key)! } };
      }),
    })),
  }));
  return { ...plan, stages };
}

/** (b): no change of one operation runs more commands than the steps as written would, but for the price that is named. */
function expectNoMoreReruns(plan: Plan): void {
  const before = optimize(plan, { probe }).plan;
  for (const { plan: other, line } of changes(plan)) {
    const { plan: now, records } = optimize(other, { probe });
    const own = records.filter(({ origin }) => JSON.stringify(origin) === line);
    const price = own.reduce((sum, { reruns: more = 0 }) => sum + more, 0);
    const [ours, written] = [reruns(before, now), reruns(plan, other)];
    expect({ line, more: Math.max(0, ours - written - price) }).toEqual({ line, more: 0 });
  }
}

/** (c): what two images share as written, they share after the passes: after all of them and after each. */
function expectShared(plan: Plan): void {
  for (const fork of forks(plan)) {
    const written = sharedLines(plan, [fork]);
    for (const chosen of [passes, ...passes.map((pass) => [pass])]) {
      const [one, two] = optimizeTogether(
        [plan, fork].map((each) => ({ plan: each, probe })),
        { passes: chosen },
      );
      const kept = sharedLines(one!.plan, [two!.plan]);
      const left = new Set([...layerKeys(one!.plan).values()].flatMap(linesOf));
      const lost = [...written].filter((line) => left.has(line) && !kept.has(line));
      expect({ passes: chosen.map(({ name }) => name), lost }).toMatchObject({ lost: [] });
    }
  }
}

function linesOf({ operations }: Layer): string[] {
  return operations.map(({ origin }) => JSON.stringify(origin));
}

function expectLaw(image: Image, context: string): void {
  const plan = numbered(lowerImage(image.node, { context, platform: PLATFORM }));
  expectNoMoreReruns(plan);
  expectShared(plan);
}

describe("the law of passes holds", () => {
  test.each(goldenCases())("for the golden case %s", async (name) => {
    expectLaw(await caseImage(name), caseFolder(name));
  });

  test("for every example", async () => {
    const workspace = new Workspace();
    try {
      for (const { image, context } of await workspace.exampleSubjects()) expectLaw(image, context);
    } finally {
      workspace.remove();
    }
  });

  test("for random programs", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(program, fc.constantFrom("keep", "own", "all"), (steps, policy) => {
        const image = steps.reduce((made, change) => change(made), Image.from("debian:bookworm-slim"));
        expectLaw(image.squash(policy), ".");
      }),
      { numRuns: Number(process.env["LAYERWRIGHT_PROPERTY_RUNS"] ?? 100) },
    );
  });
});

const commands = fc.constantFrom(
  "apt-get update",
  "apt-get update && apt-get install -y file",
  "apt-get install -y less",
  "apt-get purge -y less",
  "rm -rf /var/lib/apt/lists/*",
  "rm -rf /var/lib/apt/lists/* /src",
  "npm ci",
  "npm cache clean --force",
  "npm prune --omit=dev",
  "pip install flask",
  "pip install --no-index flask",
  "./install.sh",
  "useradd app",
  "touch /a && rm -f /tmp/nothing",
  "curl -o /tmp/x https://example.com/x",
  "rm /tmp/x",
  "cp -al /a /b",
  "echo 1 >> /b/x && rm -r /b/y",
  "rm -rf /srv/x",
  "mv /srv/x /srv/y",
  "chmod -R go-w /srv/x",
);

type Step = (image: Image) => Image;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: commands.map(
      (command): Step =>
        (image) =>
          image.run(command),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.constantFrom<Step>(
      (image) => image.copy("tree", "/srv/x"),
      (image) => image.write("/srv/f", "1"),
      (image) => image.remove("/srv/f"),
      (image) => image.chmod("/srv/x", 0o755, { recursive: true }),
      (image) => image.workdir("/srv"),
      (image) => Image.from(image),
      (image) => image.layer("both", (it) => it.run("apt-get update").run("./x")),
      (image) => image.copy(image.run("./build").path("/out"), "/out"),
    ),
  },
);

const program = fc.array(step, { minLength: 1, maxLength: 8 });
