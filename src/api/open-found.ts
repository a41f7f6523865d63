import { isLayerwrightError } from "../errors/layerwright-error.js";
import type { Platform } from "../oci/platform.js";
import type { BaseImage, BaseSource } from "../ports/base-source.js";

/** How an image on disk is kept. */
export type FoundFormat = "OCI" | "docker archive";

/** Opens an image on disk. An archive may be either form; one that is both is read as OCI, which says more. */
export async function openFound(
  bases: BaseSource,
  path: string,
  tag: string | undefined,
  platform: Platform,
): Promise<{ image: BaseImage; format: FoundFormat }> {
  const where = { path, ...(tag === undefined ? {} : { tag }) };
  try {
    return { image: await bases.open({ kind: "layout", ...where }, platform), format: "OCI" };
  } catch (error) {
    // Only "this is no layout" leads on; a tag that is not there or damage is the answer.
    if (!isLayerwrightError(error) || error.code !== "BASE_KIND_WRONG") throw error;
    try {
      return { image: await bases.open({ kind: "archive", ...where }, platform), format: "docker archive" };
    } catch (second) {
      throw isLayerwrightError(second) && second.code === "BASE_KIND_WRONG" ? error : second;
    }
  }
}
