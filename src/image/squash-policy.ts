/** Which steps end up in one layer (docs/squash.md). */
export type SquashPolicy = "keep" | "own" | "all" | "auto";

/** Every squash policy, in the order of the documentation. */
export const squashPolicies: readonly SquashPolicy[] = ["keep", "own", "all", "auto"];
