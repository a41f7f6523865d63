import type { ImageDifference } from "../analyze/difference/image-difference.js";
import type { Image } from "../image/image.js";
import type { DiffOptions } from "../project/diff.js";
import { watched } from "./watched.js";

/**
 * Compares two images: config, layers, files of the final root file systems, packages (dpkg, apk, npm, Python) and
 * sizes. An image that is described is built into the store, where what did not change is at hand; one on disk is opened
 * where it lies; of a registry what is asked for is fetched. Layers at the bottom that both have are looked into only
 * where that can matter.
 *
 * Times are no difference unless `times` is set. Sizes are bytes; a file counts as changed when its sha256 does.
 *
 * @param before an image, the path of an archive or layout, or a reference of a registry
 * @throws {PlanError} SOURCE_NOT_FOUND, RUN_NEEDS_SANDBOX and others, as `build` does
 * @throws {PlanError} BASE_NOT_FOUND, BASE_KIND_WRONG when a path holds no image
 * @throws {RegistryError} when an image cannot be had from its registry
 * @throws {IntegrityError} when bytes are not what their digest says
 * @example
 * ```ts
 * import { diff, Image } from "layerwright";
 *
 * const before = Image.scratch().write("/etc/motd", "hello\n").env("MODE", "dev");
 * const after = Image.scratch().write("/etc/motd", "hello, world\n").env("MODE", "prod");
 * const { config, files, same } = await diff(before, after);
 * console.log(same); // false
 * console.log(config[0]?.key, config[0]?.before, config[0]?.after); // MODE dev prod
 * console.log(files?.[0]?.path, files?.[0]?.aspects, files?.[0]?.bytes); // /etc/motd [ "content" ] 7
 * ```
 */
export async function diff(
  before: Image | string,
  after: Image | string,
  options: DiffOptions = {},
): Promise<ImageDifference> {
  const { diffOperands } = await import("../project/diff.js");
  return watched(options, (told) => diffOperands(before, after, told));
}
