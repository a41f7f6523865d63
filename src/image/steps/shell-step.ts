import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { parseArguments } from "../argument-list.js";
import { beginCall } from "../call.js";

/** Sets the shell that later string commands run under. */
export interface ShellStep {
  readonly kind: "shell";
  readonly args: readonly string[];
  readonly origin?: Origin;
}

/**
 * Makes the step that sets the shell that later string commands run under, such as `["/bin/bash", "-eo", "pipefail", "-c"]`.
 *
 * @throws {DefinitionError} COMMAND_NOT_ARRAY, COMMAND_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("nginx:1.27").step(steps.shell(["/bin/bash", "-eo", "pipefail", "-c"]));
 * ```
 */
export function shell(args: readonly string[]): ShellStep {
  const call = beginCall("shell");
  return deepFreeze({ kind: "shell", args: parseArguments(call, args, 1), origin: call.origin });
}
