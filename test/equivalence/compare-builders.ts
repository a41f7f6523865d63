import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isLayerwrightError } from "layerwright";
import { runsCommands } from "../fixtures/sandbox-here.js";
import { compareImages } from "../peers/compare.js";
import { type ImageListing, imageListing } from "../peers/image-listing.js";
import { withoutUnchanged } from "../peers/unchanged-paths.js";
import { type BuildInput, direct, dockerfileRequest, isDirect, planOf } from "./both-ways.js";
import type { ReadyBuilder } from "./builders.js";
import { cannotBuild, knownDifference } from "./known-differences.js";
import type { Outcome } from "./report.js";

/**
 * THE comparison: builds an image directly, and through its Dockerfile with every builder, and says for each
 * builder what is different. The Dockerfiles are written first, so that what `synth` leaves in the context is
 * there when the direct build reads it.
 */
export async function compareBuilders(
  name: string,
  input: BuildInput,
  builders: readonly ReadyBuilder[],
  work: string,
): Promise<readonly Outcome[]> {
  const requests = new Map<string, Awaited<ReturnType<typeof dockerfileRequest>> | string>();
  for (const dialect of new Set(builders.map((builder) => builder.dialect))) {
    requests.set(dialect, await requestOrRefusal(input, dialect));
  }
  const own = join(work, "direct.tar");
  const { plan } = await planOf(input);
  const listing = isDirect(plan) ? await direct(input, own) : undefined;
  // Of a command ours keeps what it changed, a builder what it touched.
  const theirs = (path: string) =>
    runsCommands(plan) ? withoutUnchanged(imageListing(path)) : imageListing(path);
  rmSync(own, { force: true });
  return Promise.all(
    builders.map(async (builder, index) => {
      const outcome: Omit<Outcome, "result"> = { name, builder: builder.name, differences: [], known: [] };
      const request = requests.get(builder.dialect)!;
      if (typeof request === "string") return { ...outcome, result: `refused ${request}` };
      const text = readFileSync(request.dockerfile, "utf8");
      const unfit = builder.refuses?.(text) ?? cannotBuild(builder.name, name);
      if (unfit !== undefined) return { ...outcome, result: "left out", known: [unfit] };
      const outOciTar = join(work, `${index}.tar`);
      try {
        await builder.build(builder.found, { ...request, outOciTar });
        if (listing === undefined) return { ...outcome, result: "built" };
        return { ...outcome, ...differencesOf(name, builder.name, listing, theirs(outOciTar)) };
      } catch (error) {
        return { ...outcome, result: "failed", differences: [lastLines(error)] };
      } finally {
        rmSync(outOciTar, { force: true });
      }
    }),
  );
}

async function requestOrRefusal(input: BuildInput, dialect: "buildkit" | "classic") {
  try {
    return await dockerfileRequest(input, dialect, "");
  } catch (error) {
    if (!isLayerwrightError(error)) throw error;
    return error.code;
  }
}

function differencesOf(
  name: string,
  builder: string,
  ours: ImageListing,
  theirs: ImageListing,
): Pick<Outcome, "result" | "differences" | "known"> {
  const lines = compareImages(ours, theirs);
  const known = lines.flatMap((line) => knownDifference(builder, name, line)?.reason ?? []);
  const differences = lines.filter((line) => knownDifference(builder, name, line) === undefined);
  return { result: differences.length === 0 ? "same" : "different", differences, known };
}

function lastLines(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n").slice(-25).join("\n");
}
