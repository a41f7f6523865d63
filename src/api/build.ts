import { type Catalog, isCatalog } from "../catalog/catalog.js";
import { type BuiltImage, buildImage } from "../engine/build-image.js";
import { retryOnDamage } from "../engine/retry-on-damage.js";
import { parseSourceDateEpoch } from "../engine/source-date.js";
import type { Image } from "../image/image.js";
import { encoderFor } from "../layer/encode/compression.js";
import { platformText } from "../oci/platform.js";
import type { OptimizedPlan } from "../plan/passes/pipeline.js";
import type { Plan } from "../plan/plan.js";
import type { BuildOptions, BuildResult, OutputTarget } from "./build-types.js";
import { openOutput, outputTarget } from "./output.js";
import { planImage } from "./plan-image.js";
import { fullReference } from "./references.js";
import { withWorkspace } from "./workspace.js";

/** The level of gzip that is used unless asked otherwise: what most registries hold. */
const DEFAULT_COMPRESSION = "gzip:6";

/**
 * Builds an image, or every image of a catalog, directly: no daemon, no root. Layers whose inputs did not change come
 * out of the store.
 *
 * A catalog's `output` is a folder (an archive an image in it, `NAME.tar`), and images for several platforms get
 * `NAME-ARCHITECTURE.tar`.
 *
 * @throws {PlanError} RUN_NEEDS_SANDBOX, BASE_NOT_LOCAL, SOURCE_NOT_FOUND and others, each at the user's line
 * @throws {IntegrityError} when a base or a download is not what its digest says
 * @throws {EnvironmentError} when a file cannot be read or the output cannot be written
 * @example
 * ```ts
 * import { build, Image } from "layerwright";
 *
 * const image = Image.scratch().write("/hello.txt", "hello\n");
 * const result = await build(image, { output: "hello.tar", reference: "acme/hello" });
 * console.log(result.digest, result.size);
 * ```
 */
export async function build(image: Image, options?: BuildOptions): Promise<BuildResult>;
export async function build<Name extends string>(
  catalog: Catalog<Name>,
  options?: BuildOptions,
): Promise<Record<Name, BuildResult[]>>;
export async function build(
  what: Image | Catalog,
  options: BuildOptions = {},
): Promise<BuildResult | Record<string, BuildResult[]>> {
  if (!isCatalog(what)) return buildPlan(planImage(what.node, options), options);
  const results: Record<string, BuildResult[]> = {};
  for (const [name, image] of what) {
    const platforms = options.platform === undefined ? what.platforms.map(platformText) : [options.platform];
    results[name] = [];
    for (const platform of platforms) {
      const own = imageOptions(what, name, platform, platforms.length > 1, options);
      results[name].push(await buildPlan(planImage(image.node, own), own));
    }
  }
  return results;
}

/** The options of one image of a catalog: its own output and reference. */
function imageOptions(
  catalog: Catalog,
  name: string,
  platform: string,
  several: boolean,
  options: BuildOptions,
): BuildOptions {
  const suffix = several ? `-${platform.split("/").slice(1).join("-")}` : "";
  const { output, ...rest } = options;
  const target: OutputTarget | undefined =
    output === undefined
      ? undefined
      : typeof output === "string"
        ? { type: "archive", dest: `${output}/${name}${suffix}.tar` }
        : { ...output, dest: output.type === "layout" ? output.dest : `${output.dest}/${name}${suffix}.tar` };
  return {
    ...rest,
    platform,
    reference: options.reference ?? `${catalog.name}/${name}`,
    ...(target === undefined ? {} : { output: target }),
  };
}

/** Builds one plan; what the command line calls for plans that came from the user's file. */
export async function buildPlan(optimized: OptimizedPlan, options: BuildOptions): Promise<BuildResult> {
  const { plan, warnings } = optimized;
  const references = options.reference === undefined ? [] : [fullReference(options.reference)];
  const target = outputTarget(options.output);
  const encoder = encoderFor(options.compression ?? DEFAULT_COMPRESSION);
  const sourceDateEpoch = parseSourceDateEpoch(process.env["SOURCE_DATE_EPOCH"]);
  return withWorkspace(options, async ({ context, portsFor, store }) => {
    const output = target && openOutput(target, plan, context, store);
    return retryOnDamage(async () => {
      const built = await buildImage(plan, portsFor(plan.contexts), {
        encoder,
        folder: context,
        sourceDateEpoch,
        references,
        cache: options.cache,
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
