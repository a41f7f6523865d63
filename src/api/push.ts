import type { Catalog } from "../catalog/catalog.js";
import type { Image } from "../image/image.js";
import { openProject } from "../project/project.js";
import type { PushOptions, PushResult } from "../project/push.js";
import { watched } from "./watched.js";

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
