import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { parseArguments } from "../argument-list.js";
import { beginCall } from "../call.js";

/** Sets the default command or the entry point's arguments. */
export interface CmdStep {
  readonly kind: "cmd";
  readonly args: readonly string[];
  readonly origin?: Origin;
}

/**
 * Makes the step that sets the default command, or the entry point's default arguments. An empty array unsets it.
 *
 * @throws {DefinitionError} COMMAND_NOT_ARRAY, COMMAND_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("nginx:1.27").step(steps.cmd(["nginx", "-g", "daemon off;"]));
 * ```
 */
export function cmd(args: readonly string[]): CmdStep {
  const call = beginCall("cmd");
  return deepFreeze({ kind: "cmd", args: parseArguments(call, args, 0), origin: call.origin });
}
