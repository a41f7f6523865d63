import type { Plan } from "../plan/plan.js";
import { askChild } from "./ask-child.js";

/** Whether a plan starts from anything that lies on disk. */
export function hasLocalBase(plan: Plan): boolean {
  return plan.stages.some(({ base }) => ["layout", "archive", "rootfs"].includes(base.kind));
}

/**
 * Adds what is known of bases on disk, for the one verb that gives its result at once: reading a base is asynchronous,
 * so a child process does it. Plans without such a base, most of them, cost nothing.
 */
export function knownBasesSync(plan: Plan, context: string): Plan {
  return hasLocalBase(plan) ? askChild<Plan>("known-bases-child", { plan, context }) : plan;
}
