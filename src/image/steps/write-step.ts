import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall, refuse } from "../call.js";
import { parseFilePath } from "../container-path.js";
import type { Mode } from "../mode.js";
import { type ModeInput, parseMode } from "../mode.js";
import { checkOptions, defined } from "../options.js";
import type { Owner } from "../owner.js";
import { type OwnerInput, parseOwner } from "../owner.js";

/** Writes a file with contents from the description. */
export interface WriteStep {
  readonly kind: "write";
  readonly path: string;
  readonly contents: string | Uint8Array;
  readonly owner?: Owner;
  readonly mode: Mode;
  readonly origin?: Origin;
}

/** How `write` writes. */
export interface WriteOptions {
  /** @default - root */
  readonly owner?: OwnerInput;
  /** @default - 0o644 */
  readonly mode?: ModeInput;
}

/**
 * Makes the step that writes a file whose contents are in the description: text, as UTF-8 and without a line
 * break added, or bytes, of which a copy is taken.
 *
 * @throws {DefinitionError} PATH_INVALID, ARGUMENT_INVALID, MODE_INVALID, MODE_DECIMAL, OWNER_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.scratch().step(steps.write("/etc/motd", "hello\n", { mode: 0o444 }));
 * ```
 */
export function write(path: string, contents: string | Uint8Array, options: WriteOptions = {}): WriteStep {
  const call = beginCall("write");
  checkOptions(call, options, ["owner", "mode"]);
  const { owner, mode = 0o644 } = options;
  const allowed = "a string or a Uint8Array (for an object, JSON.stringify it)";
  if (typeof contents !== "string" && !(contents instanceof Uint8Array)) {
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "contents", got: contents, allowed });
  }
  return deepFreeze(
    defined<WriteStep>({
      kind: "write",
      path: parseFilePath(call, path),
      contents: typeof contents === "string" ? contents : new Uint8Array(contents),
      owner: owner === undefined ? undefined : parseOwner(call, owner),
      mode: parseMode(call, mode),
      origin: call.origin,
    }),
  );
}
