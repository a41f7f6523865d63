import { DefinitionError, PlanError } from "../errors/layerwright-error.js";
import { hostPlatform, type Platform, parsePlatform, platformText } from "../oci/platform.js";

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

/** The platform of a catalog that is looked at where one is enough: this machine's, since its commands can run here. */
export function observedPlatform(platforms: readonly Platform[]): Platform {
  const machine = platformText(hostPlatform());
  return platforms.find((platform) => platformText(platform) === machine) ?? platforms[0]!;
}

/**
 * The platforms of an option, each once, in their short spelling.
 *
 * @throws {DefinitionError} PLATFORM_INVALID, ARGUMENT_INVALID
 */
export function eachPlatform(call: string, platforms: readonly string[]): string[] {
  if (!Array.isArray(platforms) || platforms.length === 0) {
    const allowed = "an array with at least one platform";
    const wrong = { call, argument: "platforms", got: platforms, allowed };
    throw new DefinitionError("ARGUMENT_INVALID", wrong, { subject: "platforms" });
  }
  return [...new Set(platforms.map((platform) => platformText(parsePlatform(platform))))];
}
