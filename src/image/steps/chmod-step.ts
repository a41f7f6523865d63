import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall } from "../call.js";
import { parseContainerPath } from "../container-path.js";
import type { Mode } from "../mode.js";
import { type ModeInput, parseMode } from "../mode.js";
import { checkFlag, checkOptions, defined } from "../options.js";

/** Changes permission bits. */
export interface ChmodStep {
  readonly kind: "chmod";
  readonly path: string;
  readonly mode: Mode;
  readonly recursive?: boolean;
  readonly origin?: Origin;
}

/** How far `chmod` goes. */
export interface ChmodOptions {
  /** True when all that is in a folder is changed too; links are not followed. @default - false */
  readonly recursive?: boolean;
}

/**
 * Makes the step that changes permission bits of what is there. What a lower layer holds is copied up for that, with
 * all its bytes; for a file of this image, the mode option of the step that brings it costs nothing.
 *
 * @throws {DefinitionError} PATH_INVALID, MODE_INVALID, MODE_DECIMAL, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("debian:bookworm-slim").step(steps.chmod("/usr/local/bin/tool", "a+x"));
 * ```
 */
export function chmod(path: string, mode: ModeInput, options: ChmodOptions = {}): ChmodStep {
  const call = beginCall("chmod");
  checkOptions(call, options, ["recursive"]);
  checkFlag(call, "recursive", options.recursive);
  return deepFreeze(
    defined<ChmodStep>({
      kind: "chmod",
      path: parseContainerPath(call, path),
      mode: parseMode(call, mode),
      recursive: options.recursive === true ? true : undefined,
      origin: call.origin,
    }),
  );
}
