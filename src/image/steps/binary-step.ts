import { posix } from "node:path";
import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall, refuse } from "../call.js";
import { parseDestination } from "../container-path.js";
import type { Mode } from "../mode.js";
import { type ModeInput, parseMode } from "../mode.js";
import { checkOptions, defined } from "../options.js";
import type { Owner } from "../owner.js";
import { type OwnerInput, parseOwner } from "../owner.js";
import { parseSource, type SourceInput } from "../parse-source.js";
import type { Source } from "../source.js";

/** Copies one executable and proves from its ELF header that it can run in this image. */
export interface BinaryStep {
  readonly kind: "binary";
  readonly source: Source;
  readonly dest: string;
  readonly owner?: Owner;
  readonly mode: Mode;
  readonly origin?: Origin;
}

/** How `binary` copies. */
export interface BinaryOptions {
  /** @default - root */
  readonly owner?: OwnerInput;
  /** @default - 0o755 */
  readonly mode?: ModeInput;
}

/**
 * Makes the step that copies one executable, and proves from its ELF header that it can run in the image: the
 * right machine, and no dynamic loader that the image lacks. The proof is made when the image is built.
 *
 * @param dest absolute or relative to the working folder; by default the source's name in `/`
 * @throws {DefinitionError} SOURCE_INVALID, SOURCE_OUTSIDE_CONTEXT, PATH_INVALID, MODE_INVALID, MODE_DECIMAL,
 * OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const hello = Image.scratch().step(steps.binary("dist/hello")).cmd(["/hello"]);
 * ```
 */
export function binary(source: SourceInput, dest?: string, options: BinaryOptions = {}): BinaryStep {
  const call = beginCall("binary");
  checkOptions(call, options, ["owner", "mode"]);
  const parsed = parseSource(call, source);
  if (parsed.from === "context" && /[*?[]/.test(parsed.path)) {
    const reason = "is a pattern, but binary copies exactly one file";
    refuse(call, "SOURCE_INVALID", { call: call.name, got: parsed.path, reason });
  }
  const { owner, mode = 0o755 } = options;
  return deepFreeze(
    defined<BinaryStep>({
      kind: "binary",
      source: parsed,
      dest: parseDestination(call, dest ?? `/${posix.basename(parsed.path)}`),
      owner: owner === undefined ? undefined : parseOwner(call, owner),
      mode: parseMode(call, mode),
      origin: call.origin,
    }),
  );
}
