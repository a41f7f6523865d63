import { type IndexedImage, LAYER_END, type LayeringDecision } from "./layering-problem.js";

/** A possible decision for one image, with its cost there. */
export interface LayerChoice {
  readonly melt: boolean;
  /** Bottom first. */
  readonly layers: readonly ChosenLayer[];
  /** Bytes that an update of the image is expected to move. */
  readonly update: number;
}

/** One layer of a choice. */
export interface ChosenLayer {
  /** Places in the atoms of its image, ascending. */
  readonly places: readonly number[];
  /** The same number for the same layer in any image. */
  readonly key: number;
  readonly bytes: number;
  /** The probability that none of its atoms changes. */
  readonly survival: number;
}

/** Bytes of the layer that holds these atoms of an image: all of them, without what they hide of each other. */
function layerBytes({ atoms }: IndexedImage, places: readonly number[]): number {
  let sum = LAYER_END;
  for (const place of places) {
    const { bytes, hides } = atoms[place]!;
    sum += bytes;
    for (const hide of hides) if (places.includes(hide.of)) sum -= hide.bytes;
  }
  return sum;
}

/** One layer over the base of an image. */
export function ownLayer(image: IndexedImage, places: readonly number[], keys: LayerKeys): ChosenLayer {
  const { atoms } = image;
  let survival = 1;
  let alone = false;
  for (const place of places) {
    survival *= atoms[place]!.survival;
    alone ||= atoms[place]!.alone;
  }
  const key = alone ? keys.lonely() : keys.take(places.map((place) => atoms[place]!.token));
  return { places, key, bytes: layerBytes(image, places), survival };
}

/** Layers over the base in the best order that is found; undefined when they have to be below each other. */
export function layeredChoice(image: IndexedImage, layers: readonly ChosenLayer[]): LayerChoice | undefined {
  const ordered = orderLayers(image, layers);
  return ordered && { melt: false, layers: ordered, update: expectedUpdate(ordered) };
}

/** The image as one layer, its base included. */
export function meltedChoice(image: IndexedImage, keys: LayerKeys): LayerChoice {
  const alone = image.atoms.some((atom) => atom.alone);
  const layer = {
    places: image.atoms.map((_, place) => place),
    key: alone ? keys.lonely() : keys.take(image.content),
    bytes: image.contentBytes + LAYER_END,
    survival: image.contentSurvival,
  };
  return { melt: true, layers: [layer], update: expectedUpdate([layer]) };
}

/** Stores that key a layer by the chain below it fetch it again whenever one below it changes. */
function expectedUpdate(layers: readonly ChosenLayer[]): number {
  let unchanged = 1;
  let sum = 0;
  for (const { bytes, survival } of layers) {
    unchanged *= survival;
    sum += bytes * (1 - unchanged);
  }
  return sum;
}

/**
 * Numbers for layers: sequences of tokens as paths in a tree, so that equal layers have one number and a sequence that
 * nobody has is told from its first few tokens.
 */
export class LayerKeys {
  readonly #tokens: number;
  readonly #nodes = new Map<number, number>();
  #lonely = 0;

  constructor(tokens: number) {
    this.#tokens = tokens;
  }

  /** The number of a layer, made when it is new. */
  take(sequence: Iterable<number>): number {
    let node = 0;
    for (const token of sequence) {
      const edge = node * this.#tokens + token;
      let next = this.#nodes.get(edge);
      if (next === undefined) {
        next = this.#nodes.size + 1;
        this.#nodes.set(edge, next);
      }
      node = next;
    }
    return node;
  }

  /** The number of a layer that was taken before, or of the beginning of one; else undefined. */
  find(sequence: Iterable<number>): number | undefined {
    let node = 0;
    for (const token of sequence) {
      const next = this.#nodes.get(node * this.#tokens + token);
      if (next === undefined) return undefined;
      node = next;
    }
    return node;
  }

  /** A number for a layer that cannot be anybody else's, which needs no path in the tree. */
  lonely(): number {
    this.#lonely--;
    return this.#lonely;
  }
}

/** Up to so many layers that depend on each other, the best order is looked for among all. */
const ALL_ORDERS = 8;

/**
 * The order of layers that moves the fewest bytes at an update. Of two neighbours A and B with bytes a and b that stay
 * as they are with s and t, A belongs below when a*s/(1-s) >= b*t/(1-t): what is large and changes rarely. Without atoms
 * that have to be after others sorting by that figure is the optimum. With them, and more than a few layers, those are
 * taken first that together with all they need have the highest figure.
 *
 * @returns undefined when two layers would have to be below each other
 */
export function orderLayers(
  image: IndexedImage,
  layers: readonly ChosenLayer[],
): readonly ChosenLayer[] | undefined {
  const sorted = [...layers].sort(byLead);
  if (!image.ordered) return sorted;
  const below = layersBelow(image, sorted);
  const inOrder = below.every((needed, index) => needed.every((other) => other < index));
  if (inOrder) return sorted;
  const order = sorted.length <= ALL_ORDERS ? bestOrder(sorted, below) : goodOrder(sorted, below);
  return order?.map((index) => sorted[index]!);
}

/** The larger it is, the further down a layer, or a run of layers, belongs. */
function leadOf(kept: number, survival: number): number {
  return survival === 1 ? Number.POSITIVE_INFINITY : kept / (1 - survival);
}

function byLead(a: ChosenLayer, b: ChosenLayer): number {
  const left = leadOf(a.bytes * a.survival, a.survival);
  const right = leadOf(b.bytes * b.survival, b.survival);
  if (left !== right) return left > right ? -1 : 1;
  return a.places[0]! - b.places[0]!;
}

/** For each layer those that it needs below it. */
export function layersBelow({ atoms }: IndexedImage, layers: readonly ChosenLayer[]): readonly number[][] {
  const layerOf = new Int32Array(atoms.length);
  layers.forEach(({ places }, index) => {
    for (const place of places) layerOf[place] = index;
  });
  return layers.map(({ places }, index) => {
    const needed: number[] = [];
    for (const place of places) {
      for (const other of atoms[place]!.after) {
        const layer = layerOf[other]!;
        if (layer !== index && !needed.includes(layer)) needed.push(layer);
      }
    }
    return needed;
  });
}

/** Every set of layers that can be at the bottom, with the order of it that keeps most bytes. */
function bestOrder(
  layers: readonly ChosenLayer[],
  below: readonly (readonly number[])[],
): readonly number[] | undefined {
  const full = (1 << layers.length) - 1;
  const needs = below.map((needed) => needed.reduce((mask, index) => mask | (1 << index), 0));
  const kept = new Float64Array(full + 1).fill(-1);
  const survival = new Float64Array(full + 1);
  const last = new Int8Array(full + 1);
  kept[0] = 0;
  survival[0] = 1;
  for (let mask = 0; mask < full; mask++) {
    if (kept[mask]! < 0) continue;
    for (let index = 0; index < layers.length; index++) {
      const bit = 1 << index;
      if ((mask & bit) !== 0 || (needs[index]! & mask) !== needs[index]) continue;
      const { bytes, survival: own } = layers[index]!;
      const value = kept[mask]! + bytes * survival[mask]! * own;
      // The margin keeps the earlier of two equal orders, whatever the last digits are.
      if (value <= kept[mask | bit]! * (1 + 1e-12)) continue;
      kept[mask | bit] = value;
      survival[mask | bit] = survival[mask]! * own;
      last[mask | bit] = index;
    }
  }
  if (kept[full]! < 0) return undefined;
  const order: number[] = [];
  for (let mask = full; mask !== 0; mask &= ~(1 << last[mask]!)) order.unshift(last[mask]!);
  return order;
}

function goodOrder(
  layers: readonly ChosenLayer[],
  below: readonly (readonly number[])[],
): readonly number[] | undefined {
  const placed = new Uint8Array(layers.length);
  const order: number[] = [];
  while (order.length < layers.length) {
    let best: readonly number[] | undefined;
    let bestLead = -1;
    for (let index = 0; index < layers.length; index++) {
      if (placed[index] !== 0) continue;
      const run = withNeeded(index, below, placed);
      if (run === undefined) return undefined;
      const lead = leadOfRun(run, layers);
      if (lead <= bestLead) continue;
      best = run;
      bestLead = lead;
    }
    for (const index of best!) placed[index] = 1;
    order.push(...best!);
  }
  return order;
}

function leadOfRun(run: readonly number[], layers: readonly ChosenLayer[]): number {
  let survival = 1;
  let kept = 0;
  for (const index of run) {
    survival *= layers[index]!.survival;
    kept += layers[index]!.bytes * survival;
  }
  return leadOf(kept, survival);
}

/** A layer after all that it needs and that is not placed yet; undefined when it needs itself. */
function withNeeded(
  index: number,
  below: readonly (readonly number[])[],
  placed: Uint8Array,
): number[] | undefined {
  const seen = new Map<number, "open" | "done">();
  const run: number[] = [];
  const visit = (at: number): boolean => {
    const state = seen.get(at);
    if (state !== undefined) return state === "done";
    seen.set(at, "open");
    for (const other of [...below[at]!].sort((a, b) => a - b)) {
      if (placed[other] === 0 && !visit(other)) return false;
    }
    seen.set(at, "done");
    run.push(at);
    return true;
  };
  return visit(index) ? run : undefined;
}

/** A decision without its reasons. */
export type Decided = Pick<LayeringDecision, "melt" | "layers">;

/** A decision as it stands, its layers in its own order. */
export function choiceOf(image: IndexedImage, decided: Decided | undefined, keys: LayerKeys): LayerChoice {
  if (image.decides && decided?.melt === true) return meltedChoice(image, keys);
  const places = (image.decides ? decided?.layers : undefined) ?? image.keep;
  const layers = places.map((layer) => ownLayer(image, layer, keys));
  return { melt: false, layers, update: expectedUpdate(layers) };
}
