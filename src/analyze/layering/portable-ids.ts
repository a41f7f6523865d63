import type { AtomicStage } from "./atomic-stage.js";

/**
 * The portable ids that are worth it: files that several stages bring. Written with the folders above them, they are one
 * layer whatever the bases have, and wherever in its image the layer ends up. Where an image that decides nothing has
 * such a layer as it is today, the others had better stay like it.
 */
export function portableIds(stages: readonly AtomicStage[]): ReadonlySet<string> {
  const settled = new Set(
    stages.flatMap(({ decides, atoms }) => (decides ? [] : atoms.map(({ diffId }) => diffId))),
  );
  const bringers = new Map<string, Set<AtomicStage>>();
  const left = new Set<string>();
  for (const stage of stages) {
    for (const { portableId, diffId } of stage.decides ? stage.atoms : []) {
      if (portableId === undefined) continue;
      bringers.set(portableId, (bringers.get(portableId) ?? new Set()).add(stage));
      if (settled.has(diffId)) left.add(portableId);
    }
  }
  const several = [...bringers].filter(([id, { size }]) => size > 1 && !left.has(id));
  return new Set(several.map(([id]) => id));
}
