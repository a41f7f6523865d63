import { type Catalog, isCatalog } from "../catalog/catalog.js";
import type { Image } from "../image/image.js";
import type { CheckOptions, CheckResult } from "../project/gate/check.js";
import type { LoadOptions, LoadResult } from "../project/load.js";
import type { BuildOptions, BuildResult, OutputTarget, PlatformsBuildOptions } from "../project/options.js";
import { eachPlatform, loadPlatform } from "../project/platforms.js";
import { knownAs, openProject, type ProjectPlan } from "../project/project.js";
import type { PushOptions, PushResult } from "../project/push.js";
import { watched } from "./watched.js";

/**
 * Builds an image, or every image of a catalog, directly: no daemon, no root. Layers whose inputs did not change come
 * out of the store.
 *
 * With `platforms` there is a result a platform, and one output that holds an index over all of them, which the types
 * `oci` and `layout` can. A catalog's `output` is a directory (a file an image in it, `NAME.tar`), or the layout that all
 * images go into; archives of images for several platforms are `NAME-ARCHITECTURE.tar`.
 *
 * What registries and URLs give is taken by the digests of the lock, `layerwright.lock.json` in the context directory; what
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
  // The engine is loaded when something is built, while the images are planned.
  const loading = import("../project/deliver.js");
  const { output, reference, ...settings } = options;
  const project = await openProject(what, { ...settings, platforms: platformsOf(options) });
  const delivery = {
    targets: project.images.flatMap(({ name, plans }) =>
      plans.map((plan) => (isCatalog(what) ? targetIn(output, name, plan, plans) : targetOf(output))),
    ),
    referenceOf: (name: string) => reference ?? knownAs(project, name),
  };
  const { images } = await (await loading).buildProject(project, delivery, settings);
  const resultsOf = (name: string) => images.filter((one) => one.name === name).map(({ result }) => result);
  if (isCatalog(what)) return Object.fromEntries(what.names.map((name) => [name, resultsOf(name)]));
  return severalOf(options) === undefined ? images[0]!.result : resultsOf("");
}

/** The platforms that the options name, each once; undefined when they name none. */
function platformsOf(options: BuildOptions | PlatformsBuildOptions): string[] | undefined {
  const platforms = severalOf(options);
  if (platforms !== undefined) return eachPlatform("build", platforms);
  const { platform } = options as BuildOptions;
  return platform === undefined ? undefined : [platform];
}

function severalOf(options: BuildOptions | PlatformsBuildOptions): readonly string[] | undefined {
  return "platforms" in options ? options.platforms : undefined;
}

function targetOf(output: string | OutputTarget | undefined): OutputTarget | undefined {
  return typeof output === "string" ? { type: "archive", dest: output } : output;
}

/** The target of an image of a catalog: a file in the directory of `output`, or the layout that all images go into. */
function targetIn(
  output: string | OutputTarget | undefined,
  name: string,
  { platform: { architecture, variant } }: ProjectPlan,
  plans: readonly ProjectPlan[],
): OutputTarget | undefined {
  const target = targetOf(output);
  if (target === undefined || target.type === "layout") return target;
  const alone = target.type === "oci" || plans.length === 1;
  const suffix = alone ? "" : `-${[architecture, ...(variant === undefined ? [] : [variant])].join("-")}`;
  return { ...target, dest: `${target.dest}/${name}${suffix}.tar` };
}

/**
 * Builds an image and pushes it to a registry, or every image of a catalog in one go. What the registry has is not sent:
 * layers of a base from the same registry are linked, and a blob that several images share is sent once. Tags are set
 * when everything else is there.
 *
 * @param reference where to: `ghcr.io/acme/app:v1` for an image; `ghcr.io/acme` for a catalog, whose images are named below it
 * @throws {RegistryError} REGISTRY_DENIED, REGISTRY_UNREACHABLE, REGISTRY_REFUSED and others
 * @throws {PlanError} SQUASH_UNSHARES, and those of `build`
 * @throws {DefinitionError} REFERENCE_INVALID
 * @throws {PlanError} POLICIES_BROKEN when a catalog's policies find errors, before anything is sent
 * @example
 * ```ts no-run
 * import { Image, push } from "layerwright";
 *
 * const image = Image.from("debian:bookworm-slim").write("/hello.txt", "hello\n");
 * const { images, sentBytes } = await push(image, "ghcr.io/acme/hello:v1");
 * console.log(images[0]?.descriptor.digest, sentBytes);
 * ```
 */
export async function push(
  what: Image | Catalog,
  reference: string,
  options: PushOptions = {},
): Promise<PushResult> {
  return watched(options, (told) => pushNow(what, reference, told));
}

async function pushNow(what: Image | Catalog, reference: string, options: PushOptions): Promise<PushResult> {
  const { pushProject } = await import("../project/push.js");
  const { platforms, tag = "latest", ...settings } = options;
  const project = await openProject(what, { ...settings, platforms });
  const below = reference.replace(/\/$/, "");
  const referenceOf = (name: string) => (project.name === "" ? reference : `${below}/${name}:${tag}`);
  const { findings: _, ...report } = await pushProject(project, referenceOf, settings);
  return report;
}

/**
 * Builds an image, or every image of a catalog, and loads it into the container engine of this machine: Docker or
 * Podman, found as their own programs find it. An engine takes one platform, so of a catalog for several the machine's
 * own is loaded. What the engine then has is checked: its id is the digest of what was built.
 *
 * @throws {EnvironmentError} ENGINE_NOT_FOUND, ENGINE_UNREACHABLE, ENGINE_REFUSED, ENGINE_HOST_UNSUPPORTED,
 *   ENGINE_CONTEXT_INVALID
 * @throws {PlanError} LOAD_PLATFORM_MISSING, SQUASH_UNSHARES, POLICIES_BROKEN, and those of `build`
 * @throws {IntegrityError} ENGINE_IMAGE_WRONG
 * @example
 * ```ts no-run
 * import { Image, load } from "layerwright";
 *
 * const image = Image.scratch().write("/hello.txt", "hello\n");
 * const { engine, images } = await load(image, { reference: "acme/hello:v1" });
 * console.log(engine, images[0]?.references, images[0]?.id);
 * ```
 */
export async function load(what: Image | Catalog, options: LoadOptions = {}): Promise<LoadResult> {
  return watched(options, (told) => loadNow(what, told));
}

async function loadNow(what: Image | Catalog, options: LoadOptions): Promise<LoadResult> {
  const { loadProject } = await import("../project/load.js");
  const { platform, reference, tag = "latest", ...settings } = options;
  const chosen = platform ?? (isCatalog(what) ? loadPlatform(what.platforms) : undefined);
  const project = await openProject(what, {
    ...settings,
    platforms: chosen === undefined ? undefined : [chosen],
  });
  const referenceOf = (name: string) => (project.name === "" ? reference : `${project.name}/${name}:${tag}`);
  const { findings: _, ...result } = await loadProject(project, referenceOf, settings);
  return result;
}

/**
 * Asks the policies of a catalog about all its images. Images are built, into the store alone, where a policy looks at
 * the built image. `build`, `push` and `load` of a catalog do the same first, and fail on errors.
 *
 * @throws {DefinitionError} POLICY_CHECK_FAILED where a policy's own function fails
 * @throws {PlanError} and others, as `build` does, where an image has to be built
 * @example
 * ```ts
 * import { Catalog, check, Image, nonRoot } from "layerwright";
 *
 * const app = Image.scratch().write("/app", "1").user("root");
 * const { errors, findings } = await check(new Catalog("acme", { app }, { policies: [nonRoot()] }));
 * console.log(errors, findings[0]?.code, findings[0]?.fix); // 1 NON_ROOT add .user(65532), or .with(nonRoot())
 * ```
 */
export async function check(catalog: Catalog, options: CheckOptions = {}): Promise<CheckResult> {
  return watched(options, (told) => checkNow(catalog, told));
}

async function checkNow(catalog: Catalog, options: CheckOptions): Promise<CheckResult> {
  const { checkProject } = await import("../project/gate/check.js");
  const { platforms, planOnly = false, ...settings } = options;
  return checkProject(await openProject(catalog, { ...settings, platforms }), settings, planOnly);
}
