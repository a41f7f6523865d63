import type { Plan, Stage } from "./plan.js";

/** The stages whose layers end up in the image of a plan: its own first, then each that it starts from. */
export function passedOnStages({ stages }: Plan): Stage[] {
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  const passedOn: Stage[] = [];
  let stage = stages.at(-1);
  while (stage !== undefined) {
    passedOn.push(stage);
    const { base, squash }: Stage = stage;
    // What is melted into one layer passes no layer on.
    stage = base.kind === "stage" && squash !== "all" ? byId.get(base.stage) : undefined;
  }
  return passedOn;
}
