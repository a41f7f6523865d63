import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { parseArguments } from "../argument-list.js";
import { beginCall } from "../call.js";

/** Sets the entry point; a command inherited from the base is dropped, as Docker does. */
export interface EntrypointStep {
  readonly kind: "entrypoint";
  readonly args: readonly string[];
  readonly origin?: Origin;
}

/**
 * Makes the step that sets the program that a container runs; arguments of `cmd` come after it. A `cmd` of the base is
 * dropped, as Docker does.
 *
 * @throws {DefinitionError} COMMAND_NOT_ARRAY, COMMAND_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("nginx:1.27").step(steps.entrypoint(["nginx", "-g", "daemon off;"]));
 * ```
 */
export function entrypoint(args: readonly string[]): EntrypointStep {
  const call = beginCall("entrypoint");
  return deepFreeze({ kind: "entrypoint", args: parseArguments(call, args, 0), origin: call.origin });
}
