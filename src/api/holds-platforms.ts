import type { OutputTarget } from "./build-types.js";

/** True when a form can hold an image for several platforms: those that have an index can. */
export function holdsPlatforms(type: OutputTarget["type"]): boolean {
  return type === "oci" || type === "layout";
}
