import { PlanError } from "../errors/layerwright-error.js";
import type { PassWarning } from "./passes/pass.js";
import { baseStages, type Plan, type Stage } from "./plan.js";

/** From so many on an image is near the limit of the engines: a child of it soon has too many. */
const MANY_LAYERS = 120;

/** Docker chains at most 125 layers, and kernels and other engines that stop at a fixed number take 127 at most. */
const TOO_MANY_LAYERS = 127;

/**
 * The layers that an image has at most, those of its base included where they are known: what changes nothing is no
 * layer in the end.
 *
 * @param baseLayers those of the base from outside, where the plan does not know them
 */
function layerCount(plan: Plan, baseLayers = 0): { readonly own: number; readonly base: number } {
  const chain = baseStages(plan);
  let own = 0;
  for (const { squash, layers } of chain) {
    if (squash === "all") return { own: own + 1, base: 0 };
    own += layers.length;
  }
  const { base } = chain.at(-1)!;
  return { own, base: "known" in base ? (base.known?.layers ?? baseLayers) : baseLayers };
}

/** True when a stage is known to have no layer at all, those of its base included. */
export function hasNoLayer(plan: Plan, stage: Stage): boolean {
  const upTo = { ...plan, stages: plan.stages.slice(0, plan.stages.indexOf(stage) + 1) };
  const { base } = baseStages(upTo).at(-1)!;
  const isKnown = base.kind === "scratch" || ("known" in base && base.known?.layers !== undefined);
  const count = layerCount(upTo);
  return isKnown && count.own + count.base === 0;
}

/**
 * Refuses an image with more layers than any engine loads; both syntheses ask it before any work.
 *
 * @throws {PlanError} TOO_MANY_LAYERS
 */
export function refuseTooManyLayers(plan: Plan, baseLayers?: number): void {
  const { own, base } = layerCount(plan, baseLayers);
  if (own + base < TOO_MANY_LAYERS) return;
  const most = TOO_MANY_LAYERS - 1;
  throw new PlanError("TOO_MANY_LAYERS", { own, base, most }, { origin: lastOrigin(plan) });
}

/** The warning for an image that is near the limit. */
export function manyLayers(plan: Plan): readonly PassWarning[] {
  const { own, base } = layerCount(plan);
  if (own + base < MANY_LAYERS) return [];
  const origin = lastOrigin(plan);
  const of = base === 0 ? `${own + base} layers` : `${own + base} layers, ${base} of them its base's`;
  return [
    {
      pass: "layers",
      code: "MANY_LAYERS",
      message: `the image has ${of}: docker load takes 125, and from ${TOO_MANY_LAYERS} on it is refused here; join some with .layer(), or all of its own with .squash("own")`,
      ...(origin === undefined ? {} : { origin }),
    },
  ];
}

/** The line of the layer on top. */
function lastOrigin(plan: Plan) {
  return plan.stages.at(-1)?.layers.at(-1)?.operations.at(-1)?.origin;
}

/**
 * The warning for an image whose base has extended attributes that squash `"all"` does not keep, where that is known.
 */
export function lostAttributes(plan: Plan): readonly PassWarning[] {
  const squashing = baseStages(plan).find(({ squash }) => squash === "all");
  let lowest = squashing;
  while (lowest?.base.kind === "stage") {
    const { stage } = lowest.base;
    lowest = plan.stages.find(({ id }) => id === stage);
  }
  const base = lowest?.base;
  const lost = base !== undefined && "known" in base ? base.known?.lost : undefined;
  if (squashing === undefined || lost === undefined) return [];
  const { names, paths, first } = lost;
  const where = paths === 1 ? first : `${paths} paths, the first is ${first}`;
  const origin = squashing.layers.at(-1)?.operations.at(-1)?.origin ?? lowest?.origin;
  return [
    {
      pass: "layers",
      code: "ATTRIBUTES_LOST",
      message: `squash "all" does not keep the base's extended attributes ${names.join(", ")} (${where}): of these a new layer holds security.capability alone; squash "own" leaves the base as it is`,
      ...(origin === undefined ? {} : { origin }),
    },
  ];
}
