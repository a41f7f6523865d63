import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isLayerwrightError, StepError } from "layerwright";
import { runsCommands } from "../fixtures/sandbox-here.js";
import { compareImages } from "../peers/compare.js";
import { type ImageListing, imageListing } from "../peers/image-listing.js";
import { withoutUnchanged } from "../peers/unchanged-paths.js";
import { type BuildInput, direct, dockerfileRequest, isDirect, planOf } from "./both-ways.js";
import type { ReadyBuilder } from "./builders.js";
import { cannotBuild, knownDifference } from "./known-differences.js";
import type { Outcome } from "./report.js";

/** Refusals that are a dialect's own: the direct build has no such limit. */
const DIALECTS = ["DIALECT_CANNOT", "FRONTEND_TOO_OLD", "NOT_EXPRESSIBLE"];

/**
 * THE comparison: builds an image directly, and through its Dockerfile with every builder, and says for each
 * builder what is different. The Dockerfiles are written first, so that what `synth` leaves in the context is
 * there when the direct build reads it. `base` names another base than the case's own in the report. What one way refuses, the other has to refuse with the same code.
 */
export async function compareBuilders(
  name: string,
  input: BuildInput,
  builders: readonly ReadyBuilder[],
  work: string,
  base?: string,
): Promise<readonly Outcome[]> {
  const requests = new Map<string, Awaited<ReturnType<typeof dockerfileRequest>> | string>();
  for (const dialect of new Set(builders.map((builder) => builder.dialect))) {
    requests.set(dialect, await orRefusal(() => dockerfileRequest(input, dialect, "")));
  }
  const own = join(work, "direct.tar");
  const planned = await orRefusal(() => planOf(input));
  const plan = typeof planned === "string" ? undefined : planned.plan;
  const isOurs = plan === undefined || isDirect(plan, input.bases);
  const ours = isOurs ? await orRefusal(() => direct(input, own)) : undefined;
  // Of a command ours keeps what it changed, a builder what it touched.
  const theirs = (path: string) =>
    plan !== undefined && runsCommands(plan) ? withoutUnchanged(imageListing(path)) : imageListing(path);
  rmSync(own, { force: true });
  return Promise.all(
    builders.map(async (builder, index) => {
      const outcome = {
        name,
        builder: base === undefined ? builder.name : `${builder.name}, ${base}`,
        differences: [],
        known: [],
      };
      const request = requests.get(builder.dialect)!;
      if (typeof request === "string") return { ...outcome, ...refusal(request, ours) };
      if (typeof ours === "string") {
        return { ...outcome, result: "different", differences: [`refused ${ours} | a Dockerfile`] };
      }
      const text = readFileSync(request.dockerfile, "utf8");
      const unfit = builder.refuses?.(text) ?? cannotBuild(builder.name, name);
      if (unfit !== undefined) return { ...outcome, result: "left out", known: [unfit] };
      const outOciTar = join(work, `${index}.tar`);
      try {
        await builder.build(builder.found, { ...request, outOciTar });
        if (ours === undefined) return { ...outcome, result: "built" };
        const lines = compareImages(ours, theirs(outOciTar));
        return { ...outcome, ...differencesOf(name, builder.name, lines) };
      } catch (error) {
        return { ...outcome, result: "failed", differences: [lastLines(error)] };
      } finally {
        rmSync(outOciTar, { force: true });
      }
    }),
  );
}

async function orRefusal<Value>(work: () => Promise<Value>): Promise<Value | string> {
  try {
    return await work();
  } catch (error) {
    if (!isLayerwrightError(error) || error instanceof StepError) throw error;
    return error.code;
  }
}

/** How a Dockerfile that was refused compares with the direct build. */
function refusal(
  code: string,
  ours: ImageListing | string | undefined,
): Pick<Outcome, "result" | "differences"> {
  const agrees = ours === undefined || ours === code || (typeof ours !== "string" && DIALECTS.includes(code));
  if (agrees) return { result: `refused ${code}`, differences: [] };
  const direct = typeof ours === "string" ? `refused ${ours}` : "built";
  return { result: "different", differences: [`${direct} | refused ${code}`] };
}

function differencesOf(
  name: string,
  builder: string,
  lines: readonly string[],
): Pick<Outcome, "result" | "differences" | "known"> {
  const known = (line: string) => knownDifference(builder, name, line);
  const differences = lines.filter((line) => known(line) === undefined);
  const reasons = lines.flatMap((line) => known(line)?.reason ?? []);
  return { result: differences.length === 0 ? "same" : "different", differences, known: reasons };
}

function lastLines(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n").slice(-25).join("\n");
}
