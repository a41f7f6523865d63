import { resolve } from "node:path";
import { withNotedOutputs } from "../adapters/files-node/written-outputs.js";
import type { BuiltImage } from "../engine/build-image.js";
import { PlanError } from "../errors/layerwright-error.js";
import { imageIndex } from "../oci/image-index.js";
import { platformText } from "../oci/platform.js";
import type { OptimizedPlan } from "../plan/passes/pipeline.js";
import { toldOnce } from "../plan/record.js";
import type { Progress } from "../ports/progress.js";
import { type BuildJob, type BuildSettings, withBuiltGroups, withBuiltImages } from "./build-images.js";
import type { BuildOptions, BuildResult, OutputTarget } from "./build-types.js";
import { holdsPlatforms } from "./holds-platforms.js";
import { openOutput, outputTarget } from "./output.js";
import { fullReference } from "./references.js";
import type { Workspace } from "./workspace.js";

/** One plan of an image, and who is told how its build goes. */
export interface PlatformPlan {
  readonly optimized: OptimizedPlan;
  readonly progress?: Progress | undefined;
  /** As in `BuildJob`. */
  readonly knownAs?: string | undefined;
}

/** Builds one plan; what the command line calls for plans that came from the user's file. */
export async function buildPlan(optimized: OptimizedPlan, options: BuildOptions): Promise<BuildResult> {
  const [result] = await buildPlatforms([{ optimized }], options);
  return result!;
}

/** The plans of one image, one a platform, and where the image goes. */
export interface ImagePlans {
  readonly output: string | OutputTarget | undefined;
  readonly reference: string | undefined;
  readonly plans: readonly PlatformPlan[];
}

/**
 * Builds the plans of one image, one a platform, and writes them at once: several become an index.
 *
 * @throws {PlanError} OUTPUT_PLATFORMS when the output holds one platform only
 */
export async function buildPlatforms(
  plans: readonly PlatformPlan[],
  options: BuildOptions,
): Promise<BuildResult[]> {
  const { output, reference, ...settings } = options;
  const [results] = await buildEach([{ plans, output, reference }], settings);
  return results!;
}

/**
 * Builds images side by side, and writes each as soon as all its platforms are there.
 *
 * @throws {PlanError} OUTPUT_PLATFORMS before anything is built
 */
export async function buildEach(
  images: readonly ImagePlans[],
  settings: BuildSettings,
): Promise<BuildResult[][]> {
  const said = new Set<string>();
  return (await buildGroups(images, settings)).map((results) => toldOnce(results, said));
}

async function buildGroups(images: readonly ImagePlans[], settings: BuildSettings): Promise<BuildResult[][]> {
  const groups = images.map((image): ImageGroup => {
    const references = image.reference === undefined ? [] : [fullReference(image.reference)];
    const jobs = image.plans.map(({ optimized, progress, knownAs }) => {
      return { plan: optimized.plan, references, progress, knownAs };
    });
    return { ...image, references, jobs, target: targetOf(image) };
  });
  const written = groups.flatMap(({ target }) =>
    target === undefined || target.dest === "-" ? [] : target.dest,
  );
  return withNotedOutputs(settings.context ?? ".", written, () => buildNoted(groups, settings));
}

async function buildNoted(groups: readonly ImageGroup[], settings: BuildSettings): Promise<BuildResult[][]> {
  const dests = groups.flatMap(({ target }) => (target?.type === "layout" ? resolve(target.dest) : []));
  if (new Set(dests).size === dests.length) return withBuiltGroups(groups, settings, writeImage);
  // One layout holds several, in the order that they were given in, whichever was built first.
  const jobs = groups.flatMap((group) => group.jobs);
  return withBuiltImages(jobs, settings, async (built, workspace) => {
    const results: BuildResult[][] = [];
    let next = 0;
    for (const group of groups) {
      const own = built.slice(next, next + group.jobs.length);
      next += own.length;
      results.push(await writeImage(own, group, workspace));
    }
    return results;
  });
}

interface ImageGroup extends ImagePlans {
  readonly jobs: readonly BuildJob[];
  readonly references: readonly string[];
  readonly target: OutputTarget | undefined;
}

/** Writes the platforms of one image, and says what was built. */
async function writeImage(
  built: readonly BuiltImage[],
  { jobs, plans, references, target }: ImageGroup,
  { context, store }: Workspace,
): Promise<BuildResult[]> {
  const images = built.map(({ image }) => image);
  if (target !== undefined) {
    const inputs = jobs.map(({ plan }) => plan);
    await openOutput(target, inputs, context, store).write(images);
  }
  const index = images.length > 1 ? imageIndex(images.map(({ manifest }) => manifest.descriptor)) : undefined;
  return built.map((one, at) => {
    const { plan, warnings } = plans[at]!.optimized;
    return {
      ...resultOf(one),
      platform: plan.platform,
      references,
      warnings,
      ...(index === undefined ? {} : { index: index.descriptor.digest }),
      ...(target === undefined ? {} : { output: target }),
    };
  });
}

/** Where an image goes. */
function targetOf({ plans, output }: ImagePlans): OutputTarget | undefined {
  const target = outputTarget(output);
  if (target !== undefined && plans.length > 1 && !holdsPlatforms(target.type)) {
    const platforms = plans.map(({ optimized }) => platformText(optimized.plan.platform));
    throw new PlanError("OUTPUT_PLATFORMS", { path: target.dest, platforms }, { subject: target.dest });
  }
  return target;
}

/** What a build says of an image, whatever became of it. */
export function resultOf({
  image,
  layers,
}: BuiltImage): Pick<BuildResult, "digest" | "descriptor" | "configDigest" | "size" | "layers"> {
  return {
    digest: image.manifest.descriptor.digest,
    descriptor: image.manifest.descriptor,
    configDigest: image.config.descriptor.digest,
    size: layers.reduce((sum, layer) => sum + layer.descriptor.size, 0),
    layers: layers.map((layer) => ({
      description: layer.description,
      digest: layer.descriptor.digest,
      diffId: layer.diffId,
      size: layer.descriptor.size,
      cached: layer.cached,
      inherited: layer.id === undefined,
      ...(layer.uncompressedSize === undefined ? {} : { uncompressedSize: layer.uncompressedSize }),
    })),
  };
}
