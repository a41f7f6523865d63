import type { Catalog } from "../catalog/catalog.js";
import { isCatalog } from "../catalog/catalog.js";
import type { Image } from "../image/image.js";
import { platformText } from "../oci/platform.js";
import { decideFirst, wholeOf } from "../project/gate.js";
import type { BuildOptions, BuildResult, OutputTarget, PlatformsBuildOptions } from "../project/options.js";
import { eachPlatform } from "../project/platforms.js";
import { prepareCatalog, prepareImage } from "../project/prepare.js";
import { keepSharingLimit } from "../project/sharing-limit.js";
import { watched } from "./watched.js";

/**
 * Builds an image, or every image of a catalog, directly: no daemon, no root. Layers whose inputs did not change come
 * out of the store.
 *
 * With `platforms` there is a result a platform, and one output that holds an index over all of them, which the types
 * `oci` and `layout` can. A catalog's `output` is a folder (a file an image in it, `NAME.tar`), or the layout that all
 * images go into; archives of images for several platforms are `NAME-ARCHITECTURE.tar`.
 *
 * What registries and URLs give is taken by the digests of the lock, `layerwright.lock.json` in the context folder; what
 * it lacks is looked up once and written into it.
 *
 * @throws {PlanError} RUN_NEEDS_SANDBOX, SOURCE_NOT_FOUND, OUTPUT_PLATFORMS and others, each at the user's line
 * @throws {PlanError} SQUASH_UNSHARES when an image of a catalog takes more than its `maxUnshared` out of what it shares
 * @throws {PlanError} POLICIES_BROKEN when a catalog's policies find errors, before anything is written
 * @throws {PlanError} LOCK_INCOMPLETE when `locked` or `offline` and the lock lacks something
 * @throws {PlanError} LOCK_ENCODER, LOCK_CERTIFICATES when `locked` and the lock was written by a runtime that gives other bytes
 * @throws {RegistryError} when a base cannot be had from its registry
 * @throws {IntegrityError} when a base or a download is not what its digest says
 * @throws {EnvironmentError} when a file cannot be read or the output cannot be written
 * @example
 * ```ts
 * import { build, Image } from "layerwright";
 *
 * const image = Image.scratch().write("/hello.txt", "hello\n");
 * const result = await build(image, { output: "hello.tar", reference: "acme/hello" });
 * console.log(result.digest, result.size);
 *
 * const platforms = ["linux/amd64", "linux/arm64"];
 * const [amd64, arm64] = await build(image, { platforms, output: { type: "oci", dest: "hello-oci.tar" } });
 * console.log(amd64?.index === arm64?.index); // true
 * ```
 */
export async function build(image: Image, options: PlatformsBuildOptions): Promise<BuildResult[]>;
export async function build(image: Image, options?: BuildOptions): Promise<BuildResult>;
export async function build<Name extends string>(
  catalog: Catalog<Name>,
  options?: BuildOptions | PlatformsBuildOptions,
): Promise<Record<Name, BuildResult[]>>;
export async function build(
  what: Image | Catalog,
  options: BuildOptions | PlatformsBuildOptions = {},
): Promise<BuildResult | BuildResult[] | Record<string, BuildResult[]>> {
  return watched(options, (told) => buildNow(what, told));
}

async function buildNow(
  what: Image | Catalog,
  options: BuildOptions | PlatformsBuildOptions,
): Promise<BuildResult | BuildResult[] | Record<string, BuildResult[]>> {
  // The engine is loaded when something is built: a program that only describes images starts without it.
  const loading = import("../project/deliver.js");
  const platforms = platformsOf(options);
  if (!isCatalog(what)) {
    // Planned while the engine is read from disk.
    const prepared = await prepareImage(what, platforms ?? [undefined], options);
    const plans = prepared.map((optimized) => ({ optimized }));
    const results = (await loading).buildPlatforms(plans, options);
    return severalOf(options) === undefined ? (await results)[0]! : results;
  }
  const { buildEach } = await loading;
  const prepared = await prepareCatalog(what, platforms ?? what.platforms, options);
  const images = what.names.flatMap((name) =>
    partsOf(name, platforms ?? what.platforms.map(platformText), options.output).map(
      ({ output, platforms: own }) => ({
        name,
        output,
        reference: options.reference ?? `${what.name}/${name}`,
        plans: own.map((platform) => ({
          optimized: prepared(name, platform),
          knownAs: `${what.name}/${name}`,
        })),
      }),
    ),
  );
  const whole = wholeOf(what, options);
  const judged = images.flatMap(({ name, plans }) =>
    plans.map(({ optimized }) => ({ name, plan: optimized.plan })),
  );
  const { output: _, reference: __, ...given } = options;
  await decideFirst(
    judged.map(({ plan }) => plan),
    { ...given, whole },
  );
  await keepSharingLimit(what, platforms ?? what.platforms, options);
  const { passPolicies } = await import("../project/gate.js");
  const settings = await passPolicies(what, judged, { ...given, whole });
  const results: Record<string, BuildResult[]> = {};
  for (const [at, built] of (await buildEach(images, settings)).entries()) {
    const { name } = images[at]!;
    results[name] = [...(results[name] ?? []), ...built];
  }
  return results;
}

/** The platforms that the options name, each once; undefined when they name none. */
function platformsOf(options: BuildOptions | PlatformsBuildOptions): string[] | undefined {
  const platforms = severalOf(options);
  if (platforms === undefined) {
    const { platform } = options as BuildOptions;
    return platform === undefined ? undefined : [platform];
  }
  return eachPlatform("build", platforms);
}

function severalOf(options: BuildOptions | PlatformsBuildOptions): readonly string[] | undefined {
  return "platforms" in options ? options.platforms : undefined;
}

/** What is written together of one image of a catalog: all its platforms, or each where one file holds one platform. */
function partsOf(
  name: string,
  platforms: readonly string[],
  output: string | OutputTarget | undefined,
): { readonly platforms: readonly string[]; readonly output?: OutputTarget }[] {
  if (output === undefined) return [{ platforms }];
  const { type, dest } = typeof output === "string" ? { type: "archive" as const, dest: output } : output;
  if (type === "layout") return [{ platforms, output: { type, dest } }];
  if (type === "oci") return [{ platforms, output: { type, dest: `${dest}/${name}.tar` } }];
  return platforms.map((platform) => {
    const suffix = platforms.length > 1 ? `-${platform.split("/").slice(1).join("-")}` : "";
    return { platforms: [platform], output: { type, dest: `${dest}/${name}${suffix}.tar` } };
  });
}
