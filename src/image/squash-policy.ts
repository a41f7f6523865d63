import { type Call, refuse } from "./call.js";
import { closestName } from "./closest-name.js";

/** Which steps end up in one layer (docs/squash.md). */
export type SquashPolicy = "keep" | "own" | "all" | "auto";

/** Every squash policy, in the order of the documentation. */
export const squashPolicies: readonly SquashPolicy[] = ["keep", "own", "all", "auto"];

/** Reads a squash policy, or refuses it with `SQUASH_UNKNOWN`. */
export function parseSquashPolicy(call: Call, value: unknown): SquashPolicy {
  const known = squashPolicies.find((policy) => policy === value);
  if (known !== undefined) return known;
  const suggestion = closestName(value, squashPolicies);
  return refuse(call, "SQUASH_UNKNOWN", { got: value, known: squashPolicies, suggestion });
}
