import type { Operation } from "../operation.js";
import type { Layer, Plan, Stage } from "../plan.js";

/** An operation and where it is: which layer of its stage. */
export interface PlacedOperation {
  readonly layer: number;
  readonly operation: Operation;
}

/**
 * Lets a pass see each stage as one list of operations and give another list back. Layers that end up empty are
 * dropped; a stage that the pass gives back unchanged stays the same object.
 */
export function editStages(
  plan: Plan,
  edit: (operations: readonly PlacedOperation[], stage: Stage) => readonly PlacedOperation[],
): Plan {
  const stages = plan.stages.map((stage): Stage => {
    const before = stage.layers.flatMap((layer, index) =>
      layer.operations.map((operation) => ({ layer: index, operation })),
    );
    const after = edit(before, stage);
    if (after === before) return stage;
    const layers = stage.layers
      .map(
        (layer, index): Layer => ({
          ...layer,
          operations: after.filter((placed) => placed.layer === index).map((placed) => placed.operation),
        }),
      )
      .filter((layer) => layer.operations.length > 0);
    return { ...stage, layers };
  });
  return { ...plan, stages };
}

/** A list with one item replaced. */
export function replaceAt<T>(list: readonly T[], index: number, item: T): T[] {
  return list.map((old, at) => (at === index ? item : old));
}
