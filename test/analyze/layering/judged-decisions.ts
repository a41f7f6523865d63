import { choiceOf, type Decided, LayerKeys } from "../../../src/analyze/layering/layer-choice.js";
import {
  type IndexedImage,
  type IndexedProblem,
  indexProblem,
  type LayeringDecision,
  type LayeringImage,
  type LayeringProblem,
} from "../../../src/analyze/layering/layering-problem.js";

/** The bytes that a set of decisions costs. */
export interface LayeringCost {
  /** Bytes of all distinct layers together. */
  readonly stored: number;
  /** Bytes that an update of every image is expected to move. */
  readonly update: number;
  /** The sum of both, which the planner minimises. */
  readonly total: number;
}

/**
 * Returns the cost of decisions as the documentation of `planLayering` defines it.
 *
 * @param decisions one for each image that decides, in any order; those without one have the layers of `keep`
 */
export function layeringCost(problem: LayeringProblem, decisions: readonly LayeringDecision[]): LayeringCost {
  const decided = new Map(decisions.map((decision) => [decision.image, decision]));
  return costOf(indexProblem(problem), (image) => decided.get(image.name));
}

/** The same over a problem that is indexed. */
function costOf(
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

/** Every image that decides with the layers of squash `"keep"`. */
export function keepAll(problem: LayeringProblem): readonly LayeringDecision[] {
  return decideAll(problem, ({ keep }) => ({ melt: false, layers: keep }));
}

/** Every image that decides with one layer over its base, as squash `"own"` has it. */
export function ownAll(problem: LayeringProblem): readonly LayeringDecision[] {
  return decideAll(problem, (image) => ({
    melt: false,
    layers: image.atoms.length === 0 ? [] : [allOf(image)],
  }));
}

/** Every image that decides as one layer with its base in it, as squash `"all"` has it. */
export function allAll(problem: LayeringProblem): readonly LayeringDecision[] {
  return decideAll(problem, (image) => ({ melt: true, layers: [allOf(image)] }));
}

function allOf({ atoms }: LayeringImage): readonly number[] {
  return atoms.map((_, place) => place);
}

function decideAll(
  { images }: LayeringProblem,
  decide: (image: LayeringImage) => Pick<LayeringDecision, "melt" | "layers">,
): readonly LayeringDecision[] {
  return images
    .filter(({ decides }) => decides)
    .map((image) => ({ image: image.name, ...decide(image), why: [] }));
}

/** A decision that does not hold. */
export interface LayeringFault {
  readonly image: string;
  /** What is wrong, in a few words. */
  readonly fault: string;
}

/**
 * True when decisions fit a problem: one for each image that decides; every atom in exactly one layer, in the order of the
 * description; none below one that it has to be after; no more layers than allowed; a melted image in one layer. An image
 * that adds nothing is not held to the number of layers, which is its base's.
 *
 * @returns what is wrong, by image in byte order of the names; empty when all is well
 */
export function checkDecisions(
  problem: LayeringProblem,
  decisions: readonly LayeringDecision[],
): readonly LayeringFault[] {
  const { images, maxLayers } = indexProblem(problem);
  const faults: LayeringFault[] = [];
  const decided = new Map<string, LayeringDecision>();
  for (const decision of decisions) {
    if (decided.has(decision.image)) faults.push({ image: decision.image, fault: "is decided twice" });
    decided.set(decision.image, decision);
  }
  const counts = new Map<string, number>();
  const countOf = (image: IndexedImage): number => {
    const known = counts.get(image.name);
    if (known !== undefined) return known;
    const decision = image.decides ? decided.get(image.name) : undefined;
    const own = (decision?.layers ?? image.keep).length;
    const count =
      decision?.melt === true ? 1 : own + (image.parent ? countOf(image.parent) : image.base.length);
    counts.set(image.name, count);
    return count;
  };
  for (const image of images) {
    const decision = decided.get(image.name);
    if (!image.decides) {
      if (decision !== undefined) faults.push({ image: image.name, fault: "does not decide" });
      continue;
    }
    if (decision === undefined) {
      faults.push({ image: image.name, fault: "is not decided" });
      continue;
    }
    for (const fault of faultsOf(image, decision)) faults.push({ image: image.name, fault });
    const count = countOf(image);
    if (decision.layers.length > 0 && count > maxLayers) {
      faults.push({ image: image.name, fault: `has ${count} layers, at most ${maxLayers} are allowed` });
    }
  }
  const names = new Set(images.map(({ name }) => name));
  for (const image of decided.keys()) {
    if (!names.has(image)) faults.push({ image, fault: "is no image of the problem" });
  }
  return faults;
}

function* faultsOf({ atoms }: IndexedImage, { melt, layers }: LayeringDecision): Generator<string> {
  if (melt && layers.length !== 1) yield `is melted, and has ${layers.length} layers`;
  const layerOf = new Map<number, number>();
  for (const [index, layer] of layers.entries()) {
    if (layer.length === 0 && !melt) yield `has nothing in layer ${index}`;
    if (layer.some((place, at) => at > 0 && layer[at - 1]! >= place)) {
      yield `has layer ${index} in another order than the description`;
    }
    for (const place of layer) {
      if (atoms[place] === undefined) yield `has no atom ${place}`;
      else if (layerOf.has(place)) yield `has atom ${place} in two layers`;
      layerOf.set(place, index);
    }
  }
  for (const [place, { after }] of atoms.entries()) {
    const layer = layerOf.get(place);
    if (layer === undefined) yield `has atom ${place} in no layer`;
    else if (after.some((other) => (layerOf.get(other) ?? 0) > layer)) {
      yield `has atom ${place} below one that it has to be after`;
    }
  }
}
