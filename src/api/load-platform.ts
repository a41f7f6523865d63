import { PlanError } from "../errors/layerwright-error.js";
import { hostPlatform, type Platform, platformText } from "../oci/platform.js";

/**
 * The platform that an engine gets of an image for several: the one of this machine, or the only one.
 *
 * @throws {PlanError} LOAD_PLATFORM_MISSING
 */
export function loadPlatform(platforms: readonly Platform[]): Platform {
  const machine = platformText(hostPlatform());
  const [only, ...others] = platforms;
  const found = platforms.find((platform) => platformText(platform) === machine);
  if (found !== undefined) return found;
  if (only !== undefined && others.length === 0) return only;
  const names = platforms.map(platformText);
  throw new PlanError("LOAD_PLATFORM_MISSING", { platforms: names, machine }, { subject: "platform" });
}
