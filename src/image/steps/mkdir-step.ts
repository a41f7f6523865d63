import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall } from "../call.js";
import { parseContainerPath } from "../container-path.js";
import type { Mode } from "../mode.js";
import { type ModeInput, parseMode } from "../mode.js";
import { checkOptions, defined } from "../options.js";
import type { Owner } from "../owner.js";
import { type OwnerInput, parseOwner } from "../owner.js";

/** Makes a folder (and the parents it lacks, as root 0755). One that exists gets the mode and owner asked for. */
export interface MkdirStep {
  readonly kind: "mkdir";
  readonly path: string;
  readonly owner?: Owner;
  readonly mode: Mode;
  readonly origin?: Origin;
}

/** How `mkdir` makes a folder. */
export interface MkdirOptions {
  /** @default - root */
  readonly owner?: OwnerInput;
  /** @default - 0o755 */
  readonly mode?: ModeInput;
}

/**
 * Makes the step that makes a folder, and the parents it lacks as root with 0755.
 *
 * @throws {DefinitionError} PATH_INVALID, MODE_INVALID, MODE_DECIMAL, OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.scratch().step(steps.mkdir("/data", { owner: 65532, mode: 0o700 }));
 * ```
 */
export function mkdir(path: string, options: MkdirOptions = {}): MkdirStep {
  const call = beginCall("mkdir");
  checkOptions(call, options, ["owner", "mode"]);
  const { owner, mode = 0o755 } = options;
  return deepFreeze(
    defined<MkdirStep>({
      kind: "mkdir",
      path: parseContainerPath(call, path),
      owner: owner === undefined ? undefined : parseOwner(call, owner),
      mode: parseMode(call, mode),
      origin: call.origin,
    }),
  );
}
