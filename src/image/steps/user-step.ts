import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall } from "../call.js";
import { type Owner, ownerText, parseOwner } from "../owner.js";

/** Sets the user (and group) that commands run as. */
export interface UserStep {
  readonly kind: "user";
  /** `name`, `uid`, `name:group` or `uid:gid`. */
  readonly user: string;
  readonly origin?: Origin;
}

/**
 * Makes the step that sets the user that run steps after it and the container run as. Numeric ids need no
 * `/etc/passwd`; ids go from 0 to 2147483647.
 *
 * @throws {DefinitionError} OWNER_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.scratch().step(steps.user("65532:65532"));
 * ```
 */
export function user(user: number | string | Owner): UserStep {
  const call = beginCall("user");
  return deepFreeze({ kind: "user", user: ownerText(parseOwner(call, user)), origin: call.origin });
}
