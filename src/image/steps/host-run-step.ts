import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { parseArguments } from "../argument-list.js";
import { beginCall, refuse } from "../call.js";
import { type HostFunction, nameFunction } from "../host-functions.js";
import { checkOptions, defined } from "../options.js";
import { parseVariables, recordOf } from "../string-record.js";

/** Lets tools of the machine that builds change the image's root file system. */
export interface HostRunStep {
  readonly kind: "hostRun";
  /** The program and its arguments, or the name of a function of this process. */
  readonly command: readonly string[] | { readonly function: string };
  readonly env?: Readonly<Record<string, string>>;
  /** Programs that have to be on this machine. */
  readonly tools?: readonly string[];
  /** What the result depends on beside the command. */
  readonly key?: string;
  readonly origin?: Origin;
}

/** What surrounds a host command. */
export interface HostRunOptions {
  /** Variables for the command, beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Text that stands for what the result depends on beside the command: the command runs again when it changes, e.g.
   * the day of a package archive. @default - none
   */
  readonly key?: string;
  /** Programs that the machine must have beside the command's own, said before any work. @default - none */
  readonly tools?: readonly string[];
}

/**
 * Makes the step that fills the image's root file system with tools of the machine that builds, so that no package
 * manager is ever in the image. `{root}` in an argument is the folder of the root file system (and `$ROOT` in the
 * environment). What changed in the folder becomes one layer. Files are written as root: of an ordinary user the command
 * runs in a user namespace.
 *
 * A function is given the folder, and is called only in the process that wrote it: by `build`, and not by the command
 * line, which refuses it (`HOST_FUNCTION_ELSEWHERE`).
 *
 * @throws {DefinitionError} COMMAND_INVALID, COMMAND_NOT_ARRAY, ENV_NAME_INVALID, ENV_VALUE_INVALID, OPTION_UNKNOWN,
 * ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * const bootstrap = ["mmdebstrap", "--variant=essential", "--include=nginx-light", "bookworm", "{root}"];
 * export const nginx = Image.scratch().step(steps.hostRun(bootstrap)).cmd(["nginx", "-g", "daemon off;"]);
 * ```
 */
export function hostRun(
  command: readonly string[] | HostFunction,
  options: HostRunOptions = {},
): HostRunStep {
  const call = beginCall("hostRun");
  checkOptions(call, options, ["env", "key", "tools"]);
  const { env, key, tools } = options;
  if (key !== undefined && typeof key !== "string")
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "option key", got: key, allowed: "text" });
  return deepFreeze(
    defined<HostRunStep>({
      kind: "hostRun",
      command:
        typeof command === "function"
          ? { function: nameFunction(command) }
          : parseArguments(call, command, 1),
      env:
        env === undefined ? undefined : parseVariables(call, recordOf(call, "variables", env, undefined, 1)),
      key,
      tools: tools === undefined ? undefined : parseArguments(call, tools, 1),
      origin: call.origin,
    }),
  );
}
