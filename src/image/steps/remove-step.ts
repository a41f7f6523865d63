import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall, refuse } from "../call.js";
import { parseContainerPath } from "../container-path.js";

/** Removes a file or a folder with all in it. What a lower layer holds stays in that layer's bytes. */
export interface RemoveStep {
  readonly kind: "remove";
  readonly path: string;
  readonly origin?: Origin;
}

/**
 * Makes the step that removes a file, or a folder with all in it. It is no error when there is nothing.
 *
 * @throws {DefinitionError} PATH_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("debian:bookworm-slim").step(steps.remove("/usr/share/doc"));
 * ```
 */
export function remove(path: string): RemoveStep {
  const call = beginCall("remove");
  const cleaned = parseContainerPath(call, path);
  if (cleaned === "/") {
    refuse(call, "PATH_INVALID", {
      call: call.name,
      got: path,
      reason: "is the root, which cannot be removed",
    });
  }
  return deepFreeze({ kind: "remove", path: cleaned, origin: call.origin });
}
