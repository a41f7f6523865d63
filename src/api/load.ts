import type { Catalog } from "../catalog/catalog.js";
import { isCatalog } from "../catalog/catalog.js";
import type { Image } from "../image/image.js";
import type { LoadOptions, LoadResult } from "../project/load.js";
import { loadPlatform } from "../project/platforms.js";
import { openProject } from "../project/project.js";
import { watched } from "./watched.js";

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
