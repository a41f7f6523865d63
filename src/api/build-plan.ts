import { type BuiltImage, buildImage } from "../engine/build-image.js";
import { retryOnDamage } from "../engine/retry-on-damage.js";
import { parseSourceDateEpoch } from "../engine/source-date.js";
import { encoderFor } from "../layer/encode/compression.js";
import type { OptimizedPlan } from "../plan/passes/pipeline.js";
import type { Plan } from "../plan/plan.js";
import type { BuildOptions, BuildResult, OutputTarget } from "./build-types.js";
import { openOutput, outputTarget } from "./output.js";
import { pinPlans } from "./pin-plans.js";
import { fullReference } from "./references.js";
import { withWorkspace } from "./workspace.js";

/** The level of gzip that is used unless asked otherwise: what most registries hold. */
const DEFAULT_COMPRESSION = "gzip:6";

/** Builds one plan; what the command line calls for plans that came from the user's file. */
export async function buildPlan(optimized: OptimizedPlan, options: BuildOptions): Promise<BuildResult> {
  const { warnings } = optimized;
  const references = options.reference === undefined ? [] : [fullReference(options.reference)];
  const target = outputTarget(options.output);
  const encoder = encoderFor(options.compression ?? DEFAULT_COMPRESSION);
  const sourceDateEpoch = parseSourceDateEpoch(process.env["SOURCE_DATE_EPOCH"]);
  const [plan = optimized.plan] = await pinPlans([optimized.plan], options);
  return withWorkspace(options, async ({ context, portsFor, store }) => {
    const output = target && openOutput(target, plan, context, store);
    return retryOnDamage(async () => {
      const built = await buildImage(plan, await portsFor(plan), {
        encoder,
        folder: context,
        sourceDateEpoch,
        references,
        cache: options.cache,
        rerun: (command) => (options.noCacheSteps ?? []).some((text) => command.includes(text)),
        signal: options.signal,
      });
      try {
        await output?.write([built.image]);
        return resultOf(built, { plan, references, warnings, target });
      } finally {
        await built.close();
      }
    });
  });
}

function resultOf(
  { image, layers }: BuiltImage,
  about: Pick<BuildResult, "references" | "warnings"> & { plan: Plan; target: OutputTarget | undefined },
): BuildResult {
  const { plan, references, warnings, target } = about;
  return {
    platform: plan.platform,
    digest: image.manifest.descriptor.digest,
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
    references,
    warnings,
    ...(target === undefined ? {} : { output: target }),
  };
}
