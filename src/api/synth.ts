import type { Catalog } from "../catalog/catalog.js";
import { openProject } from "../project/project.js";
import type { SynthOptions, SynthResult } from "../project/synthesize.js";

/**
 * Writes the Dockerfiles of a catalog, one an image for all its platforms, each with its ignore file and the files that a Dockerfile cannot hold, and
 * `manifest.json`, which lists them with the commands that build them. `docker-bake.json` has a target for each, in which
 * an image of the catalog that another is made from is that image's target. References that the lock knows are written with
 * their digest. What steps need to know of a base in a registry is looked up once, by the digest of the lock or else by
 * what its tag names now; a base that cannot be reached is a warning, and the text is right whatever it holds.
 *
 * @throws {PlanError} OUT_OUTSIDE_CONTEXT, LOCK_INCOMPLETE and LOCK_CERTIFICATES when `locked`, and all that {@link dockerfile} throws
 * @throws {EnvironmentError} when the directory cannot be written
 * @example
 * ```ts
 * import { Catalog, Image, synth } from "layerwright";
 *
 * const hello = Image.scratch().write("/hello.txt", "hello\n");
 * const { images } = await synth(new Catalog("acme", { hello }), { out: "layerwright.out" });
 * console.log(images[0]?.command);
 * ```
 */
export async function synth(catalog: Catalog, options: SynthOptions = {}): Promise<SynthResult> {
  const project = await openProject(catalog, options);
  const { synthesizeProject } = await import("../project/synthesize.js");
  return synthesizeProject(project, options);
}
