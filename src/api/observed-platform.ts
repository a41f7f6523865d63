import { hostPlatform, type Platform, platformText } from "../oci/platform.js";

/** The platform of a catalog that is looked at where one is enough: this machine's, since its commands can run here. */
export function observedPlatform(platforms: readonly Platform[]): Platform {
  const machine = platformText(hostPlatform());
  return platforms.find((platform) => platformText(platform) === machine) ?? platforms[0]!;
}
