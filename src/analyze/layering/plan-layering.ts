import { compareBytes } from "../../core/bytes.js";
import { getOrMake } from "../../core/grouped.js";
import { climb } from "./climb.js";
import { type ExactLimits, searchExactly } from "./exact-search.js";
import { explainDecision } from "./explain-decision.js";
import type { LayerChoice } from "./layer-choice.js";
import { LayerSearch } from "./layer-search.js";
import {
  type IndexedImage,
  indexProblem,
  type LayeringDecision,
  type LayeringImage,
  type LayeringProblem,
} from "./layering-problem.js";
import { LayeringState } from "./layering-state.js";

/** Up to so many images every start is improved; of more, the two that cost least to begin with, or the one. */
const ALL_STARTS = 60;
const TWO_STARTS = 2_000;

/** The limits of exact searches for a whole catalog; each part of it gets its share. */
const EXACT: ExactLimits = { partitions: 8_000, tries: 40_000 };

/**
 * Decides the layers of every image that decides: the cheapest that is found, by the cost below. Parts of the
 * catalog that have nothing in common are decided apart. In each, several starts are improved until no move helps; a part
 * that is small enough is then searched through, so its decision is the optimum.
 *
 * Never dearer than squash `"keep"`, `"own"` or `"all"` for all images, where those keep within `maxLayers`. Neither the
 * order of the images nor the machine makes a difference.
 *
 * The cost is in bytes of plain layer tars, each distinct layer of the catalog once, plus what an update moves:
 *
 * - A layer has the bytes of its atoms, less those that they hide of each other, and its end. A melted one has the bytes
 *   of the base too, less those that are hidden of it. A base counts as soon as one image stands on it.
 * - Layers are the same when they hold equal atoms in the same order; a melted one only when all below is the same too.
 * - An update moves each own layer of an image with the probability that it or an own layer below it changes, since
 *   stores that key a layer by the chain below it fetch all above a change again. Atoms change independently.
 *
 * @returns one decision for each image that decides, by name in byte order
 * @throws {RangeError} when an image stands on one that is not there, or on itself
 */
export function planLayering(problem: LayeringProblem): readonly LayeringDecision[] {
  const components = sharingComponents(problem);
  const limits = {
    partitions: Math.ceil(EXACT.partitions / components.length),
    tries: Math.ceil(EXACT.tries / components.length),
  };
  return components
    .flatMap((component) => planComponent(component, limits))
    .sort((a, b) => compareBytes(a.image, b.image));
}

function planComponent(component: LayeringProblem, limits: ExactLimits): LayeringDecision[] {
  const search = new LayerSearch(indexProblem(component));
  const state = bestState(search, limits);
  return search.problem.images
    .filter(({ decides }) => decides)
    .map((image) => {
      const { melt, layers } = state.choice(image);
      const why = explainDecision(search, state, image);
      return { image: image.name, melt, layers: layers.map(({ places }) => places), why };
    });
}

function bestState(search: LayerSearch, limits: ExactLimits): LayeringState {
  const starts = [...startStates(search)].sort((a, b) => a.total - b.total);
  const { length } = search.problem.images;
  const chosen = length <= ALL_STARTS ? starts : starts.slice(0, length <= TWO_STARTS ? 2 : 1);
  for (const state of chosen) climb(search, state);
  const best = chosen.reduce(cheaper);
  searchExactly(search, best, limits);
  return plainStates(search).reduce(cheaper, best);
}

function cheaper(least: LayeringState, state: LayeringState): LayeringState {
  return state.total < least.total - 0.01 ? state : least;
}

/** Returns every image with the layers of each plain policy, where no image that decides has too many of them. */
function plainStates(search: LayerSearch): LayeringState[] {
  const { images } = search.problem;
  return (["keep", "own", "all"] as const).flatMap((policy) => {
    const state = new LayeringState(search.problem);
    for (const image of images) {
      const { keep, own, [policy]: wanted = own } = search.fixed(image);
      state.put(image, image.decides ? wanted : keep);
    }
    const fits = images.every((image) => !image.decides || state.fits(image, state.choice(image)));
    return fits ? [state] : [];
  });
}

/** A catalog as problems that have no layer in common, neither now nor by any decision, each to be decided by itself. */
function sharingComponents({ images, maxLayers }: LayeringProblem): readonly LayeringProblem[] {
  const sorted = [...images].sort((a, b) => compareBytes(a.name, b.name));
  const leader = sorted.map((_, index) => index);
  const lead = (index: number): number => {
    let at = index;
    while (leader[at] !== at) {
      leader[at] = leader[leader[at]!]!;
      at = leader[at]!;
    }
    return at;
  };
  const first = new Map<string, number>();
  sorted.forEach((image, index) => {
    for (const name of namesOf(image)) {
      const [a, b] = [lead(getOrMake(first, name, () => index)), lead(index)];
      leader[Math.max(a, b)] = Math.min(a, b);
    }
  });
  const groups = new Map<number, LayeringImage[]>();
  sorted.forEach((image, index) => {
    getOrMake(groups, lead(index), () => []).push(image);
  });
  return [...groups.values()].map((members) => ({ images: members, maxLayers }));
}

/** Yields the things that bind two images: a layer of a base, an atom, or one of them below the other. */
function* namesOf({ name, base, atoms }: LayeringImage): Generator<string> {
  yield `image ${name}`;
  if ("image" in base) yield `image ${base.image}`;
  else for (const { id } of base.layers) yield `base ${id}`;
  for (const { id } of atoms) yield `atom ${id}`;
}

/** The choices that a start tries for an image, in order; the first that fits is taken. */
type Wishes = (image: IndexedImage, room: Room) => readonly LayerChoice[];

interface Room {
  /** Own layers at most, with one left for each image above. */
  readonly most: number;
  /** Own layers at most when it and the images above get equally many. */
  readonly even: number;
}

/** The catalogs that the search starts from: the three plain policies, and layers as if everybody shared what can be. */
function startStates(search: LayerSearch): readonly LayeringState[] {
  const hopeful = (row: number, room: keyof Room): Wishes => {
    return (image, rooms) => {
      const choices = search.hopeful(image, rooms[room]);
      return choices.slice(Math.min(row, choices.length - 1));
    };
  };
  const wishes: readonly Wishes[] = [
    (image) => [search.fixed(image).keep],
    (image) => [search.fixed(image).own],
    (image) => [search.fixed(image).all ?? search.fixed(image).own],
    ...[0, 1].flatMap((row) => [hopeful(row, "most"), hopeful(row, "even")]),
  ];
  return wishes.map((wish) => startWith(search, wish));
}

function startWith(search: LayerSearch, wish: Wishes): LayeringState {
  const state = new LayeringState(search.problem);
  const put = (image: IndexedImage): void => {
    if (state.isPut(image)) return;
    if (image.parent !== undefined) put(image.parent);
    const { keep, own, all } = search.fixed(image);
    if (!image.decides) {
      state.put(image, keep);
      return;
    }
    const left = search.problem.maxLayers - state.countBelow(image);
    const above = layersAbove(image);
    const room = { most: Math.max(1, left - above), even: Math.max(1, Math.floor(left / (1 + above))) };
    const fitting = [...wish(image, room), own].filter(
      (choice) => (choice.melt || choice.layers.length <= room.most) && state.fits(image, choice),
    );
    state.put(image, fitting[0] ?? all ?? own);
  };
  for (const image of search.problem.images) put(image);
  return state;
}

/** Layers that the images on an image need at least, one on the other. */
function layersAbove({ children }: IndexedImage): number {
  let most = 0;
  for (const child of children) {
    const own = child.decides ? Math.min(1, child.atoms.length) : child.keep.length;
    most = Math.max(most, own + layersAbove(child));
  }
  return most;
}
