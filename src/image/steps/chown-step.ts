import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall } from "../call.js";
import { parseContainerPath } from "../container-path.js";
import { checkFlag, checkOptions, defined } from "../options.js";
import type { Owner } from "../owner.js";
import { type OwnerInput, parseOwner } from "../owner.js";

/** Changes the owner. */
export interface ChownStep {
  readonly kind: "chown";
  readonly path: string;
  readonly owner: Owner;
  readonly recursive?: boolean;
  readonly origin?: Origin;
}

/** How far `chown` goes. */
export interface ChownOptions {
  /** True when all that is in a folder is changed too; links are not followed. @default - false */
  readonly recursive?: boolean;
}

/**
 * Makes the step that changes the owner of what is there. What a lower layer holds is copied up for that, with
 * all its bytes; for a file of this image, the owner option of the step that brings it costs nothing.
 *
 * @throws {DefinitionError} PATH_INVALID, OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("debian:bookworm-slim").step(steps.chown("/srv", "www-data", { recursive: true }));
 * ```
 */
export function chown(path: string, owner: OwnerInput, options: ChownOptions = {}): ChownStep {
  const call = beginCall("chown");
  checkOptions(call, options, ["recursive"]);
  checkFlag(call, "recursive", options.recursive);
  return deepFreeze(
    defined<ChownStep>({
      kind: "chown",
      path: parseContainerPath(call, path),
      owner: parseOwner(call, owner),
      recursive: options.recursive === true ? true : undefined,
      origin: call.origin,
    }),
  );
}
