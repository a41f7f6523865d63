import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall } from "../call.js";
import { parseAbsolutePath } from "../container-path.js";

/** Declares mount points for data. */
export interface VolumeStep {
  readonly kind: "volume";
  readonly paths: readonly string[];
  readonly origin?: Origin;
}

/**
 * Makes the step that declares folders whose data outlives a container, as absolute paths.
 *
 * @throws {DefinitionError} PATH_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("postgres:17").step(steps.volume("/var/lib/postgresql/data"));
 * ```
 */
export function volume(...paths: readonly string[]): VolumeStep {
  const call = beginCall("volume");
  const cleaned = paths.map((path) => parseAbsolutePath(call, path));
  return deepFreeze({ kind: "volume", paths: [...new Set(cleaned)], origin: call.origin });
}
