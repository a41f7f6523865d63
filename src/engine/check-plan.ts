import { PlanError } from "../errors/layerwright-error.js";
import type { Plan, Stage } from "../plan/plan.js";
import { baseStages, sourcesOf } from "../plan/plan.js";

/** Which stages an image needs, and what has to be made of each. */
interface NeededStages {
  /** In an order in which they can be built; the image is the last one. */
  readonly order: readonly Stage[];
  /** Stages whose layers end up in the image; of the others only the files are looked at. */
  readonly packed: ReadonlySet<string>;
}

/** The stages that an image needs. Others do not matter, whatever is in them. */
export function neededStages(plan: Plan): NeededStages {
  const byId = new Map(plan.stages.map((stage) => [stage.id, stage]));
  const last = plan.stages.at(-1);
  if (last === undefined) throw new PlanError("STAGE_UNKNOWN", { stage: "" });
  const order: Stage[] = [];
  visit(last.id, byId, order, new Set());
  return { order, packed: new Set(baseStages(plan).map(({ id }) => id)) };
}

function visit(id: string, byId: ReadonlyMap<string, Stage>, order: Stage[], path: Set<string>): void {
  const stage = byId.get(id);
  // A stage that is under way already would need itself.
  if (stage === undefined || path.has(id))
    throw new PlanError("STAGE_UNKNOWN", { stage: id }, { subject: id });
  if (order.includes(stage)) return;
  path.add(id);
  for (const needed of stagesOf(stage)) visit(needed, byId, order, path);
  path.delete(id);
  order.push(stage);
}

/** The stages that a stage needs. */
export function* stagesOf(stage: Stage): Generator<string> {
  if (stage.base.kind === "stage") yield stage.base.stage;
  for (const { operations } of stage.layers) {
    for (const operation of operations) {
      for (const source of sourcesOf(operation)) if (source.from === "stage") yield source.stage;
    }
  }
}
