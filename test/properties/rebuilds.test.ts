import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Image, isLayerwrightError } from "layerwright";
import { afterAll, describe, expect, test } from "vitest";
import type { PassRecord } from "../../src/plan/passes/pass.js";
import { optimize } from "../../src/plan/passes/pipeline.js";
import type { Plan } from "../../src/plan/plan.js";
import type { ProgressEvent } from "../../src/ports/progress.js";
import { lookUpBases } from "../../src/project/prepare/known-bases.js";
import { lowerImage, optimizePlans } from "../../src/project/prepare/prepare.js";
import { buildPlan } from "../api/of-plans.js";
import { noSandbox, planRequest } from "../equivalence/both-ways.js";
import { baseFrom, baseImage } from "../fixtures/base-kinds.js";
import { standIns } from "../fixtures/stand-ins.js";
import { PLATFORM } from "../golden/golden-cases.js";
import { commandsRunByBuildKit } from "../peers/buildkit.js";
import { type Peer, requirePeer } from "../peers/peers.js";
import { changed, type Description, imageOf, wordsOf } from "./random-description.js";
import { writeContext } from "./random-image.js";
import { SEED, tries } from "./tries.js";

/** Changes that are tried: a fifth of what other properties try, since each is four builds. */
const RUNS = Math.ceil(tries(40, 300) / 5);
/** Changes that are tried at a time: a build mostly waits for others. */
const TOGETHER = 4;

const work = mkdtempSync(join(tmpdir(), "layerwright-rebuilds-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const busybox = baseImage("busybox", { layer: standIns });

/** The image before and after a change, once as its steps are written and once after the passes. */
interface Versions {
  readonly before: Plan;
  readonly after: Plan;
  readonly records: readonly PassRecord[];
  /** True where another command than before is cleaned, and so is another command. */
  readonly cleansOthers: boolean;
}

/** Commands that ran again. */
interface Reruns {
  readonly direct: number;
  readonly buildkit: number;
}

/** A first command that no other build has, so that no cache of another build is hit. */
function startOf(mark: string): Image {
  if (typeof busybox === "string") throw new Error(busybox);
  return Image.from(baseFrom(busybox, "disk")).run(`echo ${mark} > /mark`, { network: "none" });
}

async function planned(description: Description, mark: string, context: string, byHand: boolean) {
  const { node } = imageOf(description, startOf(mark));
  const lowered = lowerImage(node, { context, platform: PLATFORM });
  const { plans } = await lookUpBases([lowered], { context, store: join(work, "store") });
  return byHand ? optimize(plans[0]!, { passes: [] }) : optimizePlans(plans, { context })[0]!;
}

/** A change to one step of a description. */
interface Change {
  readonly before: Description;
  readonly after: Description;
}

async function versionsOf({ before, after }: Change, context: string, byHand: boolean): Promise<Versions> {
  const mark = randomUUID();
  const first = await planned(before, mark, context, byHand);
  const second = await planned(after, mark, context, byHand);
  const cleansOthers = cleaned(first.records) !== cleaned(second.records);
  return { before: first.plan, after: second.plan, records: second.records, cleansOthers };
}

function cleaned(records: readonly PassRecord[]): string {
  return records.flatMap(({ pass, before }) => (pass === "clean-in-layer" ? [before] : [])).join("\n");
}

async function rebuilt(peer: Peer, { before, after }: Versions, context: string): Promise<Reruns> {
  const store = mkdtempSync(join(work, "store-"));
  const counted = async (plan: Plan) => {
    let direct = 0;
    const report = (event: ProgressEvent) => {
      if (event.kind === "finish" && event.cached !== true && event.label.startsWith("run ")) direct++;
    };
    const options = { context, store, compression: "none", lock: false, progress: { report } } as const;
    const optimized = { plan, records: [], warnings: [] };
    await buildPlan(optimized, options);
    const request = await planRequest(optimized, { context, store }, "buildkit", "");
    return { direct, buildkit: await commandsRunByBuildKit(peer, request) };
  };
  await counted(before);
  const counts = await counted(after);
  rmSync(store, { recursive: true, force: true });
  return counts;
}

/** Undefined where a version cannot be built: then there is nothing to count. */
async function orNothing<Value>(count: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await count();
  } catch (error) {
    if (isLayerwrightError(error)) return undefined;
    throw error;
  }
}

describe("a change to one step", () => {
  test("runs no more commands again than the steps as written", { timeout: 3_600_000 }, async (test) => {
    const peer = requirePeer(test, "docker28");
    if (noSandbox !== undefined) return test.skip(noSandbox);
    if (typeof busybox === "string") return test.skip(busybox);
    const faults: string[] = [];
    let [compared, priced] = [0, 0];
    const attempt = async (change: Change, context: string) => {
      const counted = await orNothing(async () => {
        const [written, ours] = [
          await versionsOf(change, context, true),
          await versionsOf(change, context, false),
        ];
        const byHand = await rebuilt(peer, written, context);
        return { ...ours, byHand, ours: await rebuilt(peer, ours, context) };
      });
      if (counted === undefined) return;
      compared++;
      const { byHand, ours, records, cleansOthers } = counted;
      const price = records.reduce((sum, { reruns = 0 }) => sum + reruns, 0);
      if (price > 0) priced++;
      // In the direct build what is joined is the layer, and not the run.
      const isSlower = ours.buildkit > byHand.buildkit + price;
      // One RUN holds a command and its clean-up: what later commands use decides about both.
      if (isSlower && cleansOthers) priced++;
      if (ours.direct > byHand.direct || (isSlower && !cleansOthers)) {
        const [before, after] = [wordsOf(change.before), wordsOf(change.after)];
        faults.push(`${JSON.stringify({ byHand, ours, price })}\nbefore: ${before}\nafter: ${after}`);
      }
    };
    const changes = fc.sample(changed, { numRuns: RUNS, seed: SEED });
    const inTurn = async (_: unknown, at: number) => {
      const context = join(work, `context-${at}`);
      mkdirSync(context);
      writeContext(context);
      for (let change = changes.pop(); change !== undefined; change = changes.pop())
        await attempt(change, context);
    };
    await Promise.all(Array.from({ length: TOGETHER }, inTurn));
    process.stdout.write(`changes to one step: ${JSON.stringify({ compared, priced })}\n`);
    expect(faults.join("\n\n")).toBe("");
    expect(compared).toBeGreaterThan(RUNS / 4);
  });
});
