import { assertNever } from "../core/assert-never.js";
import type { BaseNode } from "../image/nodes.js";
import type { Lowering } from "./lower.js";
import type { PlanBase } from "./plan.js";
import { DEFAULT_SHELL, type StageState } from "./stage-state.js";

/** The base of a stage, and the state that its first step sees. */
export function lowerBase(base: BaseNode, lowering: Lowering): { base: PlanBase; state: StageState } {
  const start = { env: {}, shell: DEFAULT_SHELL };
  switch (base.kind) {
    case "scratch":
      return { base: { kind: "scratch" }, state: { ...start, baseLabel: "scratch", workdir: "/" } };
    case "image": {
      const { stage, state } = lowering.stageOf(base.image);
      return { base: { kind: "stage", stage: stage.id }, state };
    }
    case "registry":
      return { base, state: { ...start, baseLabel: base.reference } };
    case "layout":
    case "archive":
      return { base, state: { ...start, baseLabel: base.path } };
    case "rootfs":
      return { base, state: { ...start, baseLabel: base.path, workdir: base.config?.WorkingDir || "/" } };
    default:
      return assertNever(base);
  }
}
