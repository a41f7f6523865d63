import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall } from "../call.js";
import { parseWorkdir } from "../container-path.js";

/** Sets the working folder and makes it where it is missing, owned by the image's user at that point. */
export interface WorkdirStep {
  readonly kind: "workdir";
  /** As written: absolute, or relative to the working folder before. */
  readonly path: string;
  readonly origin?: Origin;
}

/**
 * Makes the step that sets the working folder of the steps after it and of the container. A relative path is
 * resolved on the working folder before.
 *
 * @throws {DefinitionError} PATH_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("node:22-slim").step(steps.workdir("/srv/app"));
 * ```
 */
export function workdir(path: string): WorkdirStep {
  const call = beginCall("workdir");
  return deepFreeze({ kind: "workdir", path: parseWorkdir(call, path), origin: call.origin });
}
