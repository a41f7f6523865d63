import { PlanError } from "../errors/layerwright-error.js";
import type { SquashPolicy } from "../image/squash-policy.js";
import type { Layer } from "./plan.js";

/**
 * The layers that a squash policy leaves: all of them for `"keep"`, one for `"own"` and `"all"`.
 *
 * @throws {PlanError} SQUASH_AUTO
 */
export function mergeForSquash(layers: readonly Layer[], policy: SquashPolicy): readonly Layer[] {
  if (policy === "auto") throw new PlanError("SQUASH_AUTO", { policy });
  if (policy === "keep" || layers.length === 0) return layers;
  return [{ id: "", operations: layers.flatMap((layer) => layer.operations) }];
}
