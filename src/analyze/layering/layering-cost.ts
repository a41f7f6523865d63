import { type IndexedImage, type IndexedProblem, indexProblem } from "./indexed-problem.js";
import { expectedUpdate, type LayerChoice, meltedChoice, ownLayer } from "./layer-choice.js";
import { LayerKeys } from "./layer-keys.js";
import type { LayeringCost, LayeringDecision, LayeringProblem } from "./layering-problem.js";

/** A decision without its reasons. */
export type Decided = Pick<LayeringDecision, "melt" | "layers">;

/**
 * What a set of decisions costs, in bytes of plain layer tars.
 *
 * - A layer has the bytes of its atoms, less those that they hide of each other, and its end. A melted one has the bytes
 *   of the base too, less those that are hidden of it.
 * - `stored` has every distinct layer of the catalog once. Layers are the same when they hold equal atoms in the same
 *   order; a melted one only when all below is the same as well. A base counts as soon as one image stands on it.
 * - `update` has for each image and each of its own layers: bytes times the probability that it or an own layer below it
 *   changes, since stores that key a layer by the chain below it fetch again all that lies above a change. Atoms change
 *   independently of each other. Inherited layers are charged at the image that they are of; a melted one holds its
 *   parents' atoms, and changes with them.
 *
 * @param decisions one for each image that decides, in any order; those without one have the layers of `keep`
 */
export function layeringCost(problem: LayeringProblem, decisions: readonly LayeringDecision[]): LayeringCost {
  const decided = new Map(decisions.map((decision) => [decision.image, decision]));
  return costOf(indexProblem(problem), (image) => decided.get(image.name));
}

/** The same over a problem that is indexed. */
export function costOf(
  problem: IndexedProblem,
  decisionOf: (image: IndexedImage) => Decided | undefined,
): LayeringCost {
  const keys = new LayerKeys(problem.tokens);
  const stored = new Map<number | string, number>();
  let update = 0;
  for (const image of problem.images) {
    const choice = choiceOf(image, decisionOf(image), keys);
    update += choice.update;
    for (const { key, bytes } of choice.layers) stored.set(key, bytes);
    if (choice.melt) continue;
    for (const token of image.base) stored.set(`base ${token}`, problem.baseBytes.get(token)!);
  }
  const bytes = [...stored.values()].reduce((sum, each) => sum + each, 0);
  return { stored: bytes, update, total: bytes + update };
}

/** A decision as it stands, its layers in its own order. */
export function choiceOf(image: IndexedImage, decided: Decided | undefined, keys: LayerKeys): LayerChoice {
  if (image.decides && decided?.melt === true) return meltedChoice(image, keys);
  const places = (image.decides ? decided?.layers : undefined) ?? image.keep;
  const layers = places.map((layer) => ownLayer(image, layer, keys));
  return { melt: false, layers, update: expectedUpdate(layers) };
}
