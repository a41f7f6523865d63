import { compareBytes } from "../../core/bytes.js";
import { climb } from "./climb.js";
import { type ExactLimits, searchExactly } from "./exact-search.js";
import { checkDecisions, explainDecision } from "./explain-decision.js";
import { choiceOf, costOf, type Decided, type LayerChoice } from "./layer-choice.js";
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

/** What exact searches may do for a whole catalog; each part of it gets its share. */
const EXACT: ExactLimits = { partitions: 8_000, tries: 40_000 };

/**
 * Decides the layers of every image that decides: the cheapest that is found, by the cost of `layeringCost`. Parts of the
 * catalog that have nothing in common are decided apart. In each, several starts are improved until no move helps; a part
 * that is small enough is then searched through, so its decision is the optimum.
 *
 * Never dearer than `keepAll`, `ownAll` or `allAll`, as far as those keep within `maxLayers`: they are among what is
 * chosen from. The order of the images makes no difference, nor does the machine.
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
  const problem = indexProblem(component);
  const search = new LayerSearch(problem);
  const planned = bestState(search, limits);
  let best: ReadonlyMap<string, Decided> = decidedIn(planned);
  let least = costOf(problem, ({ name }) => best.get(name)).total;
  for (const baseline of [keepAll, ownAll, allAll]) {
    const decisions = baseline(component);
    const decided = new Map(decisions.map((decision) => [decision.image, decision]));
    const { total } = costOf(problem, ({ name }) => decided.get(name));
    if (total >= least || checkDecisions(component, decisions).length > 0) continue;
    best = decided;
    least = total;
  }
  const state = new LayeringState(problem);
  for (const image of problem.images) state.put(image, choiceOf(image, best.get(image.name), search.keys));
  return problem.images
    .filter(({ decides }) => decides)
    .map((image) => {
      const { melt, layers } = best.get(image.name)!;
      return { image: image.name, melt, layers, why: explainDecision(search, state, image) };
    });
}

function bestState(search: LayerSearch, limits: ExactLimits): LayeringState {
  const starts = [...startStates(search)].sort((a, b) => a.total - b.total);
  const { length } = search.problem.images;
  const chosen = length <= ALL_STARTS ? starts : starts.slice(0, length <= TWO_STARTS ? 2 : 1);
  for (const state of chosen) climb(search, state);
  const best = chosen.reduce((least, state) => (state.total < least.total - 0.01 ? state : least));
  searchExactly(search, best, limits);
  return best;
}

function decidedIn(state: LayeringState): ReadonlyMap<string, Decided> {
  const { images } = state.problem;
  return new Map(
    images
      .filter(({ decides }) => decides)
      .map((image) => {
        const { melt, layers } = state.choice(image);
        return [image.name, { melt, layers: layers.map(({ places }) => places) }];
      }),
  );
}

/** A catalog as problems that have no layer in common, neither now nor by any decision, each to be decided by itself. */
export function sharingComponents({ images, maxLayers }: LayeringProblem): readonly LayeringProblem[] {
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
      const other = first.get(name);
      if (other === undefined) first.set(name, index);
      else {
        const [a, b] = [lead(other), lead(index)];
        leader[Math.max(a, b)] = Math.min(a, b);
      }
    }
  });
  const groups = new Map<number, LayeringImage[]>();
  sorted.forEach((image, index) => {
    const of = lead(index);
    const members = groups.get(of);
    if (members === undefined) groups.set(of, [image]);
    else members.push(image);
  });
  return [...groups.values()].map((members) => ({ images: members, maxLayers }));
}

/** What makes two images meet: a layer of a base, an atom, or one of them below the other. */
function* namesOf({ name, base, atoms }: LayeringImage): Generator<string> {
  yield `image ${name}`;
  if ("image" in base) yield `image ${base.image}`;
  else for (const { id } of base.layers) yield `base ${id}`;
  for (const { id } of atoms) yield `atom ${id}`;
}

/** What a start tries for an image first, given how many own layers it may have; what fits is taken. */
type Wishes = (image: IndexedImage, room: Room) => readonly LayerChoice[];

interface Room {
  /** Own layers at most, with one left for each image above. */
  readonly most: number;
  /** Own layers at most when it and the images above get equally many. */
  readonly even: number;
}

/** The catalogs that the search starts from: the three plain policies, and layers as if everybody shared what can be. */
export function startStates(search: LayerSearch): readonly LayeringState[] {
  const hopeful = (row: number, room: (room: Room) => number): Wishes => {
    return (image, given) => {
      const choices = search.hopeful(image, room(given));
      return choices.slice(Math.min(row, choices.length - 1));
    };
  };
  const wishes: readonly Wishes[] = [
    (image) => [search.fixed(image).keep],
    (image) => [search.fixed(image).own],
    (image) => [search.fixed(image).all ?? search.fixed(image).own],
    ...[0, 1].flatMap((row) => [hopeful(row, ({ most }) => most), hopeful(row, ({ even }) => even)]),
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
