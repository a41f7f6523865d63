import { isLayerwrightError } from "../errors/layerwright-error.js";
import type { Platform } from "../oci/platform.js";
import type { BaseImage, BaseSource, OpenOptions } from "../ports/base-source.js";

/** How an image on disk is kept. */
export type FoundFormat = "OCI" | "docker archive";

/** Opens an image on disk. An archive may be either form; one that is both is read as OCI, which says more. */
export async function openFound(
  bases: BaseSource,
  path: string,
  tag: string | undefined,
  platform: Platform,
  options?: OpenOptions,
): Promise<{ image: BaseImage; format: FoundFormat }> {
  const where = { path, ...(tag === undefined ? {} : { tag }) };
  try {
    return { image: await bases.open({ kind: "layout", ...where }, platform, options), format: "OCI" };
  } catch (error) {
    // Only "this is no layout", or one of nothing, leads on; a tag that is not there or damage is the answer.
    if (!isLayerwrightError(error) || (error.code !== "BASE_KIND_WRONG" && error.code !== "BASE_EMPTY"))
      throw error;
    try {
      const image = await bases.open({ kind: "archive", ...where }, platform, options);
      return { image, format: "docker archive" };
    } catch (second) {
      throw isLayerwrightError(second) && second.code === "BASE_KIND_WRONG" ? error : second;
    }
  }
}
