import type { PullBytes, Sharing } from "../analyze/sharing/share-images.js";
import type { Catalog } from "../catalog/catalog.js";
import { DefinitionError } from "../errors/layerwright-error.js";
import type { BuildOptions } from "../project/options.js";
import { observedPlatform } from "../project/platforms.js";
import { openProject } from "../project/project.js";
import { watched } from "./watched.js";

/** How the images of a catalog are made to be looked at. */
export interface ShareOptions extends Omit<BuildOptions, "output" | "reference"> {
  /** An image of the catalog that a machine already holds: what it pulls of each of the others. @default - none */
  readonly having?: string;
}

/** What images share, and what pulling them moves. */
export interface ShareResult extends Sharing {
  /** Set when `having` names an image. */
  readonly pulls?: readonly PullBytes[];
}

/**
 * Says what the images of a catalog share: the bytes that each has for itself, those that it shares and with whom, and
 * what all of them take together. Bytes are those of uncompressed layer tars; compressed bytes those of blobs. The images
 * are built into the store, where what did not change is at hand, for one platform: this machine's, or the first. Layers
 * of one diff id are one layer, whoever built them (docs/sharing.md has the formulas).
 *
 * @throws {DefinitionError} CATALOG_INVALID when `having` is no name of the catalog
 * @throws {PlanError} those of `build`
 * @example
 * ```ts
 * import { Catalog, Image, share } from "layerwright";
 *
 * const base = Image.scratch().write("/etc/motd", "acme\n");
 * const api = Image.from(base).write("/srv/api", "1");
 * const web = Image.from(base).write("/srv/web", "2");
 * const { images, effectiveBytes } = await share(new Catalog("acme", { base, api, web }));
 * for (const { name, virtualBytes, uniqueBytes } of images) console.log(name, virtualBytes, uniqueBytes);
 * console.log(effectiveBytes); // the base once, and each difference
 * ```
 */
export async function share(catalog: Catalog, options: ShareOptions = {}): Promise<ShareResult> {
  return watched(options, (told) => shareNow(catalog, told));
}

async function shareNow(catalog: Catalog, options: ShareOptions): Promise<ShareResult> {
  const { having, platform = observedPlatform(catalog.platforms), ...settings } = options;
  if (having !== undefined && !catalog.names.includes(having)) {
    const reason = "it has no such image";
    throw new DefinitionError("CATALOG_INVALID", { reason, got: having }, { subject: having });
  }
  const project = await openProject(catalog, { ...settings, platforms: [platform] });
  // Loaded when something is built: a program that only describes images starts without it.
  const { withObservedProject } = await import("../project/observe-project.js");
  const { shareImages } = await import("../analyze/sharing/share-images.js");
  const { sharedImage } = await import("../analyze/sharing/share-images.js");
  const { pullBytes } = await import("../analyze/sharing/share-images.js");
  return withObservedProject(project, settings, async (observed) => {
    const images = observed.map(sharedImage);
    const held = images.find(({ name }) => name === having);
    return { ...shareImages(images), ...(held && { pulls: pullBytes(images, held) }) };
  });
}
