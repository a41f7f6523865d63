import type { EngineName } from "../adapters/output-engine/engine-place.js";
import type { Catalog } from "../catalog/catalog.js";
import { isCatalog } from "../catalog/is-catalog.js";
import type { Image } from "../image/image.js";
import { platformText } from "../oci/platform.js";
import type { BuildOptions, BuildResult } from "./build-types.js";
import { loadPlatform } from "./load-platform.js";
import { prepareCatalog, prepareImage } from "./prepare-plans.js";
import { keepSharingLimit } from "./sharing-limit.js";
import { watched } from "./watched.js";
import { decideFirst, wholeOf } from "./whole-catalog.js";

/** How images are built and loaded. */
export interface LoadOptions extends Omit<BuildOptions, "output" | "reference"> {
  /** The name of one image, e.g. `acme/app:v1`; those of a catalog are the catalog's name and theirs. @default - none */
  readonly reference?: string | undefined;
  /** The engine to load into. @default - the one that DOCKER_HOST or the Docker context names, else the first that is there */
  readonly engine?: EngineName | undefined;
  /** The tag of a catalog's images. @default - "latest" */
  readonly tag?: string | undefined;
}

/** One image as an engine has it now. */
export interface LoadedImageResult extends Omit<BuildResult, "output" | "index"> {
  /** The engine's id of the image: the digest of its config or, where Docker keeps images in containerd, of its manifest. */
  readonly id: string;
}

/** What was loaded, and where. */
export interface LoadResult {
  readonly engine: EngineName;
  /** The socket, address or program that was used. */
  readonly place: string;
  readonly images: readonly LoadedImageResult[];
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
  const { loadPlans } = await import("./load-plans.js");
  const { platform, reference } = options;
  if (!isCatalog(what)) {
    const [optimized] = await prepareImage(what, [platform], options);
    return loadPlans([{ optimized: optimized!, reference }], options);
  }
  const chosen = platform ?? platformText(loadPlatform(what.platforms));
  const prepared = await prepareCatalog(what, [chosen], options);
  const named = what.names.map((name) => ({
    optimized: prepared(name, chosen),
    reference: `${what.name}/${name}:${options.tag ?? "latest"}`,
    knownAs: `${what.name}/${name}`,
  }));
  const judged = what.names.map((name, at) => ({ name, plan: named[at]!.optimized.plan }));
  const settings = { ...options, whole: wholeOf(what, options) };
  await decideFirst(
    judged.map(({ plan }) => plan),
    settings,
  );
  await keepSharingLimit(what, [chosen], options);
  const { passPolicies } = await import("./pass-policies.js");
  return loadPlans(named, await passPolicies(what, judged, settings));
}
