import type { SquashPolicy } from "../../image/nodes.js";
import type { Plan, Stage } from "../../plan/plan.js";

/** The plan of an image under another policy, as it travels: stages that the image's own plan has go by their ids. */
export interface PlanVariant {
  readonly squash: SquashPolicy;
  readonly contexts: Plan["contexts"];
  readonly stages: readonly (Stage | string)[];
}

/** Leaves out what the image's own plan has: the contents of files are part of a plan, and many. */
export function packVariant(squash: SquashPolicy, plan: Plan, own: Plan): PlanVariant {
  const known = new Set(own.stages.map(({ id }) => id));
  const stages = plan.stages.map((stage) => (known.has(stage.id) ? stage.id : stage));
  return { squash, contexts: plan.contexts, stages };
}

/** The whole plan again. */
export function unpackVariant({ contexts, stages }: PlanVariant, own: Plan): Plan {
  const known = new Map(own.stages.map((stage) => [stage.id, stage]));
  return {
    ...own,
    contexts,
    stages: stages.map((stage) => (typeof stage === "string" ? known.get(stage)! : stage)),
  };
}
