import { type Catalog, isCatalog } from "../catalog/catalog.js";
import type { Image } from "../image/image.js";
import { platformText } from "../oci/platform.js";
import type { BuildOptions, BuildResult, OutputTarget } from "./build-types.js";
import { planImage } from "./plan-image.js";

/**
 * Builds an image, or every image of a catalog, directly: no daemon, no root. Layers whose inputs did not change come
 * out of the store.
 *
 * A catalog's `output` is a folder (an archive an image in it, `NAME.tar`), and images for several platforms get
 * `NAME-ARCHITECTURE.tar`.
 *
 * What registries and URLs give is taken by the digests of the lock, `layerwright.lock.json` in the context folder; what
 * it lacks is looked up once and written into it.
 *
 * @throws {PlanError} RUN_NEEDS_SANDBOX, BASE_NOT_LOCAL, SOURCE_NOT_FOUND and others, each at the user's line
 * @throws {PlanError} LOCK_INCOMPLETE when `locked` or `offline` and the lock lacks something
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
  // The engine is loaded when something is built: a program that only describes images starts without it.
  const loading = import("./build-plan.js");
  if (!isCatalog(what)) {
    // Planned while the engine is read from disk.
    const plan = planImage(what.node, options);
    return (await loading).buildPlan(plan, options);
  }
  const { buildPlan } = await loading;
  const { pinPlans } = await import("./pin-plans.js");
  const results: Record<string, BuildResult[]> = {};
  const platforms = options.platform === undefined ? what.platforms.map(platformText) : [options.platform];
  const jobs = [...what].flatMap(([name, image]) =>
    platforms.map((platform) => {
      const own = imageOptions(what, name, platform, platforms.length > 1, options);
      return { name, own, optimized: planImage(image.node, own) };
    }),
  );
  // All at once: what is missing is said whole, and every reference is asked once.
  const plans = await pinPlans(
    jobs.map(({ optimized }) => optimized.plan),
    options,
  );
  for (const [index, { name, own, optimized }] of jobs.entries()) {
    const plan = plans[index] ?? optimized.plan;
    results[name] = [...(results[name] ?? []), await buildPlan({ ...optimized, plan }, own)];
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
