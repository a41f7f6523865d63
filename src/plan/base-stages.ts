import type { Plan, Stage } from "./plan.js";

/**
 * The stage of the image, then the stage that it starts from, and so on down to the one on a base from outside, or to
 * one that melts its base into its one layer: each has the layers of those after it below its own.
 */
export function baseStages({ stages }: Plan): readonly Stage[] {
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  const found: Stage[] = [];
  let stage = stages.at(-1);
  while (stage !== undefined) {
    found.push(stage);
    if (stage.squash === "all" || stage.base.kind !== "stage") break;
    stage = byId.get(stage.base.stage);
  }
  return found;
}
