import type { SquashPolicy } from "../image/nodes.js";
import { addressPlan } from "./address.js";
import type { Layer, Plan, Stage } from "./plan.js";

/** The layers decided for a stage with squash `"auto"`; the lock keeps them. */
export interface StageLayering {
  /** True when the base is squashed into the one layer. */
  readonly melt: boolean;
  /** The layers, bottom first, each as places among the layers that `"keep"` gives. */
  readonly layers: readonly (readonly number[])[];
  /**
   * Places among `layers` of those that are the same on every base: they hold the directories above their files, too.
   */
  readonly portable: readonly number[];
  /** The reasons, in a few lines for people. */
  readonly why: readonly string[];
}

/**
 * The layers that a squash policy leaves: one for `"own"` and `"all"`. Those of `"auto"` are as in `"keep"` until they
 * are decided.
 */
export function mergeForSquash(layers: readonly Layer[], policy: SquashPolicy): readonly Layer[] {
  if (policy === "keep" || policy === "auto" || layers.length === 0) return layers;
  return [mergedLayer(layers)];
}

/** True while the layers of a stage are not decided. */
export function isUndecided({ squash, layers }: Stage): boolean {
  return squash === "auto" && layers.length > 0;
}

/** The key that the decision about a stage is kept under. */
export function layeringKey({ undecidedId, id }: Stage): string {
  return undecidedId ?? id;
}

/** Notes the ids that undecided stages have now, before anything that changes them. */
export function noteUndecided(plan: Plan): Plan {
  if (!plan.stages.some(isUndecided)) return plan;
  const stages = plan.stages.map((stage) =>
    isUndecided(stage) ? { ...stage, undecidedId: stage.id } : stage,
  );
  return { ...plan, stages };
}

/** True when a decision is one for this stage: each of its layers is in it once. */
export function fitsStage({ layers, portable }: StageLayering, stage: Stage): boolean {
  const places = layers.flat().sort((left, right) => left - right);
  const whole = places.length === stage.layers.length && places.every((place, at) => place === at);
  return whole && portable.every((at) => at < layers.length);
}

/**
 * A plan whose stages with squash `"auto"` have the layers that were decided for them. A stage without a decision, or
 * with one for other layers, stays as it is; a plan that nothing was decided of is the same object.
 *
 * @param decisionOf is asked by what the decision about a stage is kept under
 */
export function applyLayering(plan: Plan, decisionOf: (key: string) => StageLayering | undefined): Plan {
  let decided = false;
  const stages = plan.stages.map((stage): Stage => {
    const layering = isUndecided(stage) ? decisionOf(layeringKey(stage)) : undefined;
    if (layering === undefined || !fitsStage(layering, stage)) return stage;
    decided = true;
    const layers = layering.layers.map((places, at) => {
      const layer = mergedLayer(places.map((place) => stage.layers[place]!));
      return layering.portable.includes(at) ? { ...layer, portable: true as const } : layer;
    });
    const { undecidedId: _, ...rest } = stage;
    return { ...rest, layers, squash: layering.melt ? "all" : "keep", decided: layering.why };
  });
  return decided ? addressPlan({ ...plan, stages }) : plan;
}

function mergedLayer(layers: readonly Layer[]): Layer {
  const [only, ...others] = layers;
  if (only !== undefined && others.length === 0) return only;
  const operations = layers.flatMap((layer) => layer.operations);
  const settled = layers.some(({ settledByBase }) => settledByBase === true);
  return { id: "", operations, ...(settled ? { settledByBase: true } : {}) };
}
