import type { BuiltImage } from "../engine/build-image.js";
import { PlanError } from "../errors/layerwright-error.js";
import { imageIndex } from "../oci/image-index.js";
import { platformText } from "../oci/platform.js";
import type { OptimizedPlan } from "../plan/passes/pipeline.js";
import type { Progress } from "../ports/progress.js";
import { withBuiltImages } from "./build-images.js";
import type { BuildOptions, BuildResult } from "./build-types.js";
import { holdsPlatforms } from "./holds-platforms.js";
import { openOutput, outputTarget } from "./output.js";
import { fullReference } from "./references.js";

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

/**
 * Builds the plans of one image, one a platform, and writes them at once: several become an index.
 *
 * @throws {PlanError} OUTPUT_PLATFORMS when the output holds one platform only
 */
export async function buildPlatforms(
  plans: readonly PlatformPlan[],
  options: BuildOptions,
): Promise<BuildResult[]> {
  const references = options.reference === undefined ? [] : [fullReference(options.reference)];
  const target = outputTarget(options.output);
  const jobs = plans.map(({ optimized, progress, knownAs }) => ({
    plan: optimized.plan,
    references,
    progress,
    knownAs,
  }));
  if (target !== undefined && jobs.length > 1 && !holdsPlatforms(target.type)) {
    const platforms = jobs.map(({ plan }) => platformText(plan.platform));
    throw new PlanError("OUTPUT_PLATFORMS", { path: target.dest, platforms }, { subject: target.dest });
  }
  return withBuiltImages(jobs, options, async (built, { context, store }) => {
    const images = built.map(({ image }) => image);
    if (target !== undefined) {
      const inputs = jobs.map(({ plan }) => plan);
      await openOutput(target, inputs, context, store).write(images);
    }
    const index =
      images.length > 1 ? imageIndex(images.map(({ manifest }) => manifest.descriptor)) : undefined;
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
  });
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
