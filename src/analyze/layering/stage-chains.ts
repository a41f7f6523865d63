import { isUndecided } from "../../plan/layering.js";
import type { Stage } from "../../plan/plan.js";
import { baseStages } from "../../plan/plan.js";
import type { ObservedImage, ObservedLayer } from "../observed-image.js";

/** A stage of one or more images, with its layers as they were built. */
export interface StageNode {
  readonly stage: Stage;
  /** The images that the stage is, by name; others stand on it. */
  readonly images: readonly string[];
  /** What it stands on: another stage by id, or layers of a base. */
  readonly base:
    | { readonly stage: string }
    | { readonly layers: readonly ObservedLayer[]; readonly public: boolean };
  /** By the layers of the stage, in their order; undefined for one that changed nothing. */
  readonly layers: readonly (ObservedLayer | undefined)[];
  readonly undecided: boolean;
}

/** The stages that the layers of these images belong to, each once, and each after the one it stands on. */
export function stageChains(images: readonly ObservedImage[]): readonly StageNode[] {
  const nodes = new Map<string, StageNode & { images: string[] }>();
  for (const { name, plan, layers } of images) {
    if (plan === undefined) continue;
    const chain = baseStages(plan).toReversed();
    const made = new Map(layers.map((layer) => [layer.planLayer, layer]));
    const found = layers.filter(({ planLayer }) => planLayer === undefined);
    for (const [at, stage] of chain.entries()) {
      let node = nodes.get(stage.id);
      if (node === undefined) {
        const below = chain[at - 1];
        const melted = stage.squash === "all";
        node = {
          stage,
          images: [],
          base:
            below === undefined
              ? { layers: melted ? [] : found, public: stage.base.kind === "registry" }
              : { stage: below.id },
          layers: melted ? [made.get(`${stage.id}:all`)] : stage.layers.map((layer) => made.get(layer.id)),
          undecided: isUndecided(stage),
        };
        nodes.set(stage.id, node);
      }
      if (at === chain.length - 1 && !node.images.includes(name)) node.images.push(name);
    }
  }
  return [...nodes.values()];
}
