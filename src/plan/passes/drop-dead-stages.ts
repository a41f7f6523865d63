import type { Plan, Stage } from "../plan.js";
import { operationsOf, sourcesOf } from "../plan.js";
import type { Pass } from "./pass.js";

/** Drops stages that nothing of the image comes from any more. */
export const dropDeadStages: Pass = {
  name: "drop-dead-stages",
  apply(plan, log) {
    const alive = reachable(plan);
    if (alive.size === plan.stages.length) return plan;
    for (const stage of plan.stages) {
      if (!alive.has(stage.id)) {
        log.record({
          before: `stage ${stage.id} (${baseLabel(stage)})`,
          after: "dropped, nothing is copied from it",
        });
      }
    }
    return { ...plan, stages: plan.stages.filter((stage) => alive.has(stage.id)) };
  },
};

/** The stages that the last one needs, itself included. */
function reachable(plan: Plan): ReadonlySet<string> {
  const byId = new Map(plan.stages.map((stage) => [stage.id, stage]));
  const alive = new Set<string>();
  const visit = (id: string): void => {
    const stage = byId.get(id);
    if (stage === undefined || alive.has(id)) return;
    alive.add(id);
    if (stage.base.kind === "stage") visit(stage.base.stage);
    for (const operation of operationsOf(stage)) {
      for (const source of sourcesOf(operation)) if (source.from === "stage") visit(source.stage);
    }
  };
  const target = plan.stages.at(-1);
  if (target !== undefined) visit(target.id);
  return alive;
}

function baseLabel(stage: Stage): string {
  const { base } = stage;
  if (base.kind === "registry") return base.reference;
  if (base.kind === "scratch") return "scratch";
  return base.kind === "stage" ? "another stage" : base.path;
}
