import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall } from "../call.js";
import { checkPathText, parseFilePath } from "../container-path.js";
import { checkOptions, defined } from "../options.js";
import type { Owner } from "../owner.js";
import { type OwnerInput, parseOwner } from "../owner.js";

/** Makes a symbolic link at `path` that says `target`. */
export interface SymlinkStep {
  readonly kind: "symlink";
  readonly target: string;
  readonly path: string;
  readonly owner?: Owner;
  readonly origin?: Origin;
}

/** How `symlink` makes a link. */
export interface SymlinkOptions {
  /** Of the link itself. @default - root */
  readonly owner?: OwnerInput;
}

/**
 * Makes the step that makes a symbolic link at `path`. The target is kept as written, and need not exist.
 *
 * @throws {DefinitionError} PATH_INVALID, OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("debian:bookworm-slim").step(steps.symlink("/opt/tool/bin/tool", "/usr/bin/tool"));
 * ```
 */
export function symlink(target: string, path: string, options: SymlinkOptions = {}): SymlinkStep {
  const call = beginCall("symlink");
  checkOptions(call, options, ["owner"]);
  const { owner } = options;
  return deepFreeze(
    defined<SymlinkStep>({
      kind: "symlink",
      target: checkPathText(call, target),
      path: parseFilePath(call, path),
      owner: owner === undefined ? undefined : parseOwner(call, owner),
      origin: call.origin,
    }),
  );
}
