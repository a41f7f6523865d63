import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall } from "../call.js";
import { parseFindingCode, parseReason } from "../suppression.js";

/** Lets a finding of a policy stand, and says why. It changes nothing of the image. */
export interface SuppressStep {
  readonly kind: "suppress";
  /** The finding's code, as `NO_SHELL`. */
  readonly code: string;
  readonly reason: string;
  readonly origin?: Origin;
}

/**
 * Makes the step that lets the findings of one code stand for this image, and for images that start from it. The reason
 * is for whoever reads the description next: at least three words.
 *
 * @throws {DefinitionError} SUPPRESSION_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * const shell = steps.suppress("NO_SHELL", "operators debug this one in place");
 * export const tools = Image.from("debian:bookworm-slim").step(shell);
 * ```
 */
export function suppress(code: string, reason: string): SuppressStep {
  const call = beginCall("suppress");
  const parsed = { code: parseFindingCode(call, code), reason: parseReason(call, code, reason) };
  return deepFreeze({ kind: "suppress", ...parsed, origin: call.origin });
}
