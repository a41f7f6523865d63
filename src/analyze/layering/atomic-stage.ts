import { changeRate } from "./change-rate.js";
import { LAYER_END } from "./layering-problem.js";
import type { LowerView } from "./lower-view.js";
import { AtomOrder, emptyAtom, labelOf, type ObservedAtom, observedAtom } from "./observed-atoms.js";
import type { StageNode } from "./stage-chains.js";

/** A stage with its atoms. */
export interface AtomicStage {
  readonly node: StageNode;
  readonly name: string;
  readonly decides: boolean;
  readonly atoms: readonly ObservedAtom[];
}

/** The layers of a stage that is to be decided about: one atom each, with what binds it to those below. */
export async function atomsOf(node: StageNode, view: LowerView): Promise<readonly ObservedAtom[]> {
  const order = new AtomOrder();
  const atoms: ObservedAtom[] = [];
  for (const [place, observed] of node.layers.entries()) {
    const layer = node.stage.layers[place]!;
    const entries = observed === undefined ? [] : await observed.entries();
    const after = order.next(layer, entries, view);
    if (observed === undefined) atoms.push(emptyAtom(layer, after));
    else atoms.push(observedAtom(layer, observed, entries, view.add(entries, place), after));
  }
  return atoms;
}

/** The layers of a stage that is as it is: one atom each. */
export function fixedAtoms({ stage, layers }: StageNode): readonly ObservedAtom[] {
  return layers.flatMap((observed, place) => {
    if (observed === undefined) return [];
    const layer = stage.layers[place] ?? { id: stage.id, operations: [] };
    const bytes = observed.uncompressedSize - LAYER_END;
    return [
      {
        label: labelOf(layer),
        diffId: observed.diffId,
        portableId: undefined,
        bytes,
        portableBytes: bytes,
        changes: changeRate(layer),
        after: [],
        hides: [],
      },
    ];
  });
}
