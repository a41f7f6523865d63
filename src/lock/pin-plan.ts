import { addressPlan } from "../plan/address.js";
import { applyLayering } from "../plan/layering.js";
import type { Operation } from "../plan/operation.js";
import type { Plan, PlanBase } from "../plan/plan.js";
import type { Lock } from "./lock.js";
import { lockedName } from "./lock-needs.js";

/**
 * The plan with what the lock says in all its stages: the layers that were decided for squash `"auto"`, digests of bases, and the sha256 of files that have none. What
 * the lock lacks stays as it is; a plan that nothing is said of is the same object.
 */
export function pinPlan(undecided: Plan, lock: Lock): Plan {
  const plan = applyLayering(undecided, (stage) => lock.layering[stage]);
  let pinned = false;
  const base = (from: PlanBase): PlanBase => {
    const name = from.kind === "registry" ? lockedName(from) : undefined;
    const digest = name === undefined ? undefined : lock.images[name]?.digest;
    if (digest === undefined || from.kind !== "registry") return from;
    pinned = true;
    return { ...from, digest };
  };
  const operation = (one: Operation): Operation => {
    if (one.op !== "add" || one.sha256 !== undefined) return one;
    const sha256 = lock.files[one.url]?.sha256;
    if (sha256 === undefined) return one;
    pinned = true;
    return { ...one, sha256 };
  };
  const stages = plan.stages.map((stage) => ({
    ...stage,
    base: base(stage.base),
    layers: stage.layers.map((layer) => ({ ...layer, operations: layer.operations.map(operation) })),
  }));
  // What a stage starts from is part of its address.
  return pinned ? addressPlan({ ...plan, stages }) : plan;
}
