import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { noSandbox } from "../equivalence/both-ways.js";
import { baseImage } from "../fixtures/base-kinds.js";
import { standIns } from "../fixtures/stand-ins.js";
import { requirePeer } from "../peers/peers.js";
import { DescriptionTrial, type Finding } from "./description-trial.js";
import { openFault } from "./open-faults.js";
import { description, forks, forksInWords, wordsOf } from "./random-description.js";
import { SEED, tries } from "./tries.js";

/** Descriptions that are tried: at least 300 where all is checked. */
const RUNS = tries(40, 300);
/** Sets of images that grow from one value. */
const FORKS = tries(6, 40);
/** Descriptions that one call of BuildKit builds. */
const TOGETHER = 20;
/** Such calls at a time: much of a build is waiting. */
const CALLS = 3;

const busybox = baseImage("busybox", { layer: standIns });
const gnu = baseImage("gnu", { layer: standIns });
let trial: DescriptionTrial | undefined;
afterAll(() => trial?.remove());

function told({ description: one, lines }: Finding): string {
  return `${wordsOf(one)}\n${lines.slice(0, 12).join("\n")}`;
}

describe("random descriptions", () => {
  test("are the same image both ways, and with the passes", { timeout: 3_600_000 }, async (context) => {
    const peer = requirePeer(context, "docker28");
    if (noSandbox !== undefined) return context.skip(noSandbox);
    if (typeof busybox === "string") return context.skip(busybox);
    if (typeof gnu === "string") return context.skip(gnu);
    trial = new DescriptionTrial(peer, { busybox, gnu });
    const descriptions = fc.sample(description, { numRuns: RUNS, seed: SEED });
    const faults: string[] = [];
    const open = new Map<string, number>();
    const own = trial;
    const call = async () => {
      while (descriptions.length > 0) {
        for (const finding of await own.findings(descriptions.splice(0, TOGETHER))) {
          const reason = openFault(finding.lines, wordsOf(finding.description));
          if (reason === undefined)
            faults.push(told(faults.length < 5 ? await own.smallest(finding) : finding));
          else open.set(reason, (open.get(reason) ?? 0) + 1);
        }
      }
    };
    await Promise.all(Array.from({ length: CALLS }, call));
    process.stdout.write(`random descriptions: ${JSON.stringify(own.tally)}\n`);
    for (const [reason, count] of open) process.stdout.write(`  ${count} times, not mended yet: ${reason}\n`);
    expect(faults.join("\n\n")).toBe("");
    expect(trial.tally.built).toBeGreaterThanOrEqual((RUNS * 220) / 300);
  });

  test("of images that grow from one value share it, and run its commands once", {
    timeout: 3_600_000,
  }, async (context) => {
    const peer = requirePeer(context, "docker28");
    if (noSandbox !== undefined) return context.skip(noSandbox);
    if (typeof busybox === "string") return context.skip(busybox);
    if (typeof gnu === "string") return context.skip(gnu);
    trial ??= new DescriptionTrial(peer, { busybox, gnu });
    const faults: string[] = [];
    let built = 0;
    for (const one of fc.sample(forks, { numRuns: FORKS, seed: SEED })) {
      const lines = await trial.forkFaults(one);
      if (lines === undefined) continue;
      built++;
      if (lines.length > 0) faults.push(`${forksInWords(one)}\n${lines.slice(0, 12).join("\n")}`);
    }
    process.stdout.write(`random forks: ${built} of ${FORKS} built\n`);
    expect(faults.join("\n\n")).toBe("");
    expect(built).toBeGreaterThanOrEqual(FORKS / 2);
  });
});
