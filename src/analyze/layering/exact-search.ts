import { getOrMake } from "../../core/grouped.js";
import { type LayerChoice, layeredChoice, ownLayer } from "./layer-choice.js";
import type { LayerSearch } from "./layer-search.js";
import type { IndexedImage } from "./layering-problem.js";
import type { LayeringState } from "./layering-state.js";

/** Limits of the work of an exact search. Counted, not timed: the same catalog is decided alike on every machine. */
export interface ExactLimits {
  /** Partitions of atoms over all images that are listed at most. */
  readonly partitions: number;
  /** Choices that are tried at most. */
  readonly tries: number;
}

/** The number of partitions of 0 to 8 atoms (Bell numbers); of an image with more they are not listed. */
const PARTITIONS = [1, 1, 2, 5, 15, 52, 203, 877, 4140];

/**
 * Looks for the optimum among all partitions of all images, by branch and bound, and leaves it in the state. The state's
 * own total is the first bound, so a good one saves most of the work.
 *
 * @returns whether the state is proven to be the optimum now; false when that would take more than the limits
 */
export function searchExactly(search: LayerSearch, state: LayeringState, limits: ExactLimits): boolean {
  const images = parentsFirst(search.problem.images).filter(({ decides }) => decides);
  if (images.length === 0) return true;
  const listed = images.reduce(
    (sum, { atoms }) => sum + (PARTITIONS[atoms.length] ?? Number.POSITIVE_INFINITY),
    0,
  );
  if (listed > limits.partitions) return false;

  const fixed = keysOf(
    search.problem.images.filter(({ decides }) => !decides).map((image) => state.choice(image)),
  );
  const options = withoutWorse(
    images.map((image) => optionsOf(search, image)),
    fixed,
  );
  const least = leastAhead(options, fixed);
  let best = images.map((image) => state.choice(image));
  let bestPrice = 0;
  for (const image of [...images].reverse()) bestPrice -= state.take(image);
  let tries = 0;

  const chosen: LayerChoice[] = [];
  const choose = (at: number, price: number): void => {
    if (at === images.length) {
      if (price >= bestPrice - 0.01) return;
      best = [...chosen];
      bestPrice = price;
      return;
    }
    const image = images[at]!;
    const priced = options[at]!.map((choice) => ({ choice, price: price + state.price(image, choice) })).sort(
      (a, b) => a.price - b.price,
    );
    for (const { choice, price: next } of priced) {
      if (next + least[at + 1]! >= bestPrice - 0.01) return;
      if (!state.fits(image, choice)) continue;
      tries++;
      if (tries > limits.tries) return;
      state.put(image, choice);
      chosen[at] = choice;
      choose(at + 1, next);
      state.take(image);
    }
  };
  choose(0, 0);
  images.forEach((image, at) => {
    state.put(image, best[at]!);
  });
  return tries <= limits.tries;
}

/** An image's parents are chosen before it, since their layers count against its number. */
function parentsFirst(images: readonly IndexedImage[]): readonly IndexedImage[] {
  const depth = (image: IndexedImage): number => (image.parent === undefined ? 0 : 1 + depth(image.parent));
  return [...images].sort((a, b) => depth(a) - depth(b) || a.index - b.index);
}

function optionsOf(search: LayerSearch, image: IndexedImage): readonly LayerChoice[] {
  const { all } = search.fixed(image);
  const options: LayerChoice[] = all === undefined ? [] : [all];
  for (const groups of partitions(image.atoms.length)) {
    const layers = groups.map((places) => ownLayer(image, places, search.keys));
    const choice = layeredChoice(image, layers);
    if (choice !== undefined) options.push(choice);
  }
  return options;
}

/** Of the choices that can share the same layers with others, those that no other is better than in bytes and number. */
function withoutWorse(
  options: readonly (readonly LayerChoice[])[],
  fixed: ReadonlySet<number>,
): readonly (readonly LayerChoice[])[] {
  const users = countUsers(options);
  for (const key of fixed) users.set(key, (users.get(key) ?? 0) + 1);
  return options.map((choices) => {
    const alike = new Map<string, { choice: LayerChoice; price: number }[]>();
    for (const choice of choices) {
      const shared = choice.layers.filter(({ key }) => users.get(key)! > 1);
      const name = `${choice.melt} ${shared
        .map(({ key }) => key)
        .sort((a, b) => a - b)
        .join(" ")}`;
      const own = choice.layers.filter(({ key }) => users.get(key)! === 1);
      const price = choice.update + own.reduce((sum, { bytes }) => sum + bytes, 0);
      getOrMake(alike, name, () => []).push({ choice, price });
    }
    return [...alike.values()].flatMap(cheapestByCount);
  });
}

function cheapestByCount(alike: readonly { choice: LayerChoice; price: number }[]): LayerChoice[] {
  const sorted = [...alike].sort(
    (a, b) => a.choice.layers.length - b.choice.layers.length || a.price - b.price,
  );
  const kept: LayerChoice[] = [];
  let price = Number.POSITIVE_INFINITY;
  for (const each of sorted) {
    if (each.price >= price) continue;
    kept.push(each.choice);
    price = each.price;
  }
  return kept;
}

function countUsers(options: readonly (readonly LayerChoice[])[]): Map<number, number> {
  const users = new Map<number, number>();
  for (const choices of options) {
    for (const key of keysOf(choices)) users.set(key, (users.get(key) ?? 0) + 1);
  }
  return users;
}

function keysOf(choices: readonly LayerChoice[]): Set<number> {
  return new Set(choices.flatMap(({ layers }) => layers.map(({ key }) => key)));
}

/** For each image what it and those after it cost at least: what an earlier one could have is free, the rest is shared. */
function leastAhead(options: readonly (readonly LayerChoice[])[], fixed: ReadonlySet<number>): Float64Array {
  const ahead = countUsers(options);
  const seen = new Set(fixed);
  const least = new Float64Array(options.length + 1);
  options.forEach((choices, at) => {
    let cheapest = Number.POSITIVE_INFINITY;
    for (const { layers, update } of choices) {
      let price = update;
      for (const { key, bytes } of layers) if (!seen.has(key)) price += bytes / ahead.get(key)!;
      cheapest = Math.min(cheapest, price);
    }
    least[at] = cheapest;
    for (const { layers } of choices) for (const { key } of layers) seen.add(key);
  });
  for (let at = options.length - 1; at >= 0; at--) least[at]! += least[at + 1]!;
  return least;
}

/** All ways to put `count` things into groups, each thing and each group in ascending order; Bell numbers many. */
function* partitions(count: number): Generator<readonly (readonly number[])[]> {
  const groups: number[][] = [];
  function* place(thing: number): Generator<readonly (readonly number[])[]> {
    if (thing === count) {
      yield groups.map((group) => [...group]);
      return;
    }
    for (const group of groups) {
      group.push(thing);
      yield* place(thing + 1);
      group.pop();
    }
    groups.push([thing]);
    yield* place(thing + 1);
    groups.pop();
  }
  yield* place(0);
}
