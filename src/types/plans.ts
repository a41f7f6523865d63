/** The plans of images: stages, layers and operations, and what the passes did. */
export type { ConfigChange } from "../plan/config.js";
export type { StageLayering } from "../plan/layering.js";
export type * from "../plan/operation.js";
export type { PassRecord, PassWarning } from "../plan/passes/pass.js";
export type {
  BaseFacts,
  KnownBase,
  KnownPath,
  Layer,
  LostAttributes,
  PlanBase,
  RegistryPlanBase,
  Stage,
} from "../plan/plan.js";
