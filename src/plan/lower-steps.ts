import type { LayerStep, PlatformStep, Step } from "../image/nodes.js";
import { chosenSteps } from "./chosen-steps.js";
import type { ConfigChange } from "./config-change.js";
import type { Lowering } from "./lower.js";
import { isConfigStep, lowerConfigStep } from "./lower-config-step.js";
import { lowerFileStep } from "./lower-file-step.js";
import { lowerHostRunStep } from "./lower-host-run-step.js";
import { lowerRunStep } from "./lower-run-step.js";
import type { Operation } from "./operation.js";
import type { Layer } from "./plan.js";
import type { StageState } from "./stage-state.js";

/** What the steps of one image become. */
export interface LoweredSteps {
  readonly layers: readonly Layer[];
  readonly config: readonly ConfigChange[];
  readonly state: StageState;
}

/** Lowers steps in order: one layer a file or run step, one a group. */
export function lowerSteps(steps: readonly Step[], start: StageState, lowering: Lowering): LoweredSteps {
  const layers: Layer[] = [];
  const config: ConfigChange[] = [];
  let state = start;

  const lowerOne = (step: Exclude<Step, LayerStep | PlatformStep>): readonly Operation[] => {
    if (isConfigStep(step)) {
      const lowered = lowerConfigStep(step, state, lowering);
      config.push(...lowered.changes);
      state = lowered.state;
      return lowered.operations;
    }
    if (step.kind === "suppress") return [];
    if (step.kind === "run") return [lowerRunStep(step, state, lowering)];
    return [
      step.kind === "hostRun" ? lowerHostRunStep(step, lowering) : lowerFileStep(step, state, lowering),
    ];
  };
  const lowerGroup = (group: readonly Step[]): readonly Operation[] =>
    chosenSteps(group, lowering).flatMap((step) =>
      step.kind === "layer" ? lowerGroup(step.steps) : lowerOne(step),
    );

  for (const step of chosenSteps(steps, lowering)) {
    const operations = step.kind === "layer" ? lowerGroup(step.steps) : lowerOne(step);
    if (operations.length === 0) continue;
    const name = step.kind === "layer" ? step.name : undefined;
    layers.push({ id: "", operations, ...(name === undefined ? {} : { name }) });
  }
  return { layers, config, state };
}
