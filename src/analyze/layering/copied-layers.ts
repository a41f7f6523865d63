import type { AtomicStage } from "./atomic-stage.js";
import type { WholeLayer } from "./common-folders.js";

/** The layers that are copies alone, of the stages that are decided about. */
export async function copiedLayers(
  stages: readonly AtomicStage[],
  portable: ReadonlySet<string>,
): Promise<readonly WholeLayer[]> {
  const layers: WholeLayer[] = [];
  for (const { node, name, decides, atoms } of stages) {
    for (const [place, observed] of decides ? node.layers.entries() : []) {
      const isCopy = node.stage.layers[place]!.operations.every(({ op }) => op === "copy");
      if (observed === undefined || !isCopy) continue;
      const { label, diffId, portableId } = atoms[place]!;
      const id = portableId !== undefined && portable.has(portableId) ? portableId : diffId;
      layers.push({ stage: name, label, id, entries: await observed.entries() });
    }
  }
  return layers;
}
