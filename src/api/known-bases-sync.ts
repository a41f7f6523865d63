import { resolve } from "node:path";
import type { Plan } from "../plan/plan.js";
import { askChild } from "./ask-child.js";

/** Where bases are looked at by a child process: what can be said in JSON. */
export interface SyncLookUp {
  readonly context?: string | undefined;
  readonly store?: string | undefined;
}

/** Whether a plan starts from anything that can be looked at and was not yet. */
export function hasUnknownBase(plan: Plan): boolean {
  return plan.stages.some(
    ({ base }) =>
      (base.kind === "layout" || base.kind === "archive" || base.kind === "rootfs") &&
      base.known === undefined,
  );
}

/**
 * Adds what is known of bases, for the verbs that give their result at once: reading a base is asynchronous, so a child
 * process does it. Plans without such a base, most of them, cost nothing.
 */
export function lookUpBasesSync(plans: readonly Plan[], { context, store }: SyncLookUp): readonly Plan[] {
  if (!plans.some(hasUnknownBase)) return plans;
  const options = { context: resolve(context ?? "."), store };
  return askChild<readonly Plan[]>("known-bases-child", { plans, options });
}
