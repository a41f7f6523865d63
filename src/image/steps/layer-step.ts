import type { Origin } from "../../errors/origin.js";
import type { Step } from "./step.js";

/** Steps that are one layer: `layer(name, recipe)`, or the own steps of a recipe. */
export interface LayerStep {
  readonly kind: "layer";
  readonly name?: string;
  readonly steps: readonly Step[];
  readonly origin?: Origin;
}
