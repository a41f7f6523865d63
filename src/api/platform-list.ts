import { DefinitionError } from "../errors/layerwright-error.js";
import { parsePlatform, platformText } from "../oci/platform.js";

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
