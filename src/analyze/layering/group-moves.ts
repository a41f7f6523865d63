import { getOrMake } from "../../core/grouped.js";
import {
  type ChosenLayer,
  type LayerChoice,
  type LayerKeys,
  layeredChoice,
  layersBelow,
  ownLayer,
} from "./layer-choice.js";
import type { LayerSearch } from "./layer-search.js";
import type { IndexedImage } from "./layering-problem.js";
import { type Edit, editIfBetter, gainOf, type LayeringState } from "./layering-state.js";

/** Up to so many layers of an image, all pairs are looked at; of more, neighbours and those that hide bytes of each other. */
const ALL_PAIRS = 6;

/** Up to so many atoms of a layer, each is tried by itself. */
const ALL_ATOMS = 8;

/** A change of layers, made in every image that has them: what is shared stays shared only when all change alike. */
interface GroupMove {
  readonly images: readonly IndexedImage[];
  /** The choice of an image that results; undefined where it cannot be. */
  readonly of: (image: IndexedImage, choice: LayerChoice) => LayerChoice | undefined;
}

/**
 * One round of joining layers, taking atoms out of layers, and moving them to others, each in all images at once that
 * have these layers. All moves are weighed first, then made from the best on, as far as they still help.
 *
 * @param changed images that changed since the last round: what touches few of them is not weighed again
 * @returns the images that are changed now
 */
export function moveGroups(
  search: LayerSearch,
  state: LayeringState,
  changed: ReadonlySet<IndexedImage>,
): Set<IndexedImage> {
  const weighed: { move: GroupMove; gain: number }[] = [];
  for (const move of movesOf(search, state)) {
    const stirred = move.images.reduce((count, image) => count + (changed.has(image) ? 1 : 0), 0);
    if (stirred * 10 < move.images.length || stirred === 0) continue;
    const gain = gainOf(state, editsOf(state, move));
    if (gain > 0) weighed.push({ move, gain });
  }
  weighed.sort((a, b) => b.gain - a.gain);
  const moved = new Set<IndexedImage>();
  for (const { move } of weighed) {
    const edits = editsOf(state, move);
    if (editIfBetter(state, edits) > 0) for (const { image } of edits) moved.add(image);
  }
  return moved;
}

function editsOf(state: LayeringState, move: GroupMove): Edit[] {
  const edits: Edit[] = [];
  for (const image of move.images) {
    const choice = move.of(image, state.choice(image));
    if (choice !== undefined) edits.push({ image, choice });
  }
  return edits;
}

function* movesOf(search: LayerSearch, state: LayeringState): Generator<GroupMove> {
  const { problem } = search;
  const having = new Map<number, IndexedImage[]>();
  const layered = problem.images.filter((image) => image.decides && !state.choice(image).melt);
  for (const image of layered) {
    for (const { key } of state.choice(image).layers) {
      const known = getOrMake(having, key, () => []);
      if (known.at(-1) !== image) known.push(image);
    }
  }
  const split = new Set<number>();
  const paired = new Set<string>();
  for (const image of layered) {
    const { layers } = state.choice(image);
    for (const layer of layers) {
      if (layer.places.length < 2 || split.has(layer.key)) continue;
      split.add(layer.key);
      const images = having.get(layer.key)!;
      if (images.some((each) => hasRoom(search, state, each))) yield* splitsOf(search, image, layer, images);
    }
    for (const [low, high] of pairsOf(image, layers)) {
      const a = layers[low]!.key;
      const b = layers[high]!.key;
      const pair = a < b ? `${a} ${b}` : `${b} ${a}`;
      if (a === b || paired.has(pair)) continue;
      paired.add(pair);
      yield* pairMoves(search, image, layers[low]!, layers[high]!, both(having.get(a)!, having.get(b)!));
    }
  }
}

function hasRoom({ problem }: LayerSearch, state: LayeringState, image: IndexedImage): boolean {
  return state.countBelow(image) + state.choice(image).layers.length < problem.maxLayers;
}

/** Images in both lists, which are in the order of the problem. */
function both(a: readonly IndexedImage[], b: readonly IndexedImage[]): readonly IndexedImage[] {
  if (a.length === 1) return a;
  if (b.length === 1) return b;
  const met: IndexedImage[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const left = a[i]!;
    const right = b[j]!;
    if (left === right) met.push(left);
    if (left.index <= right.index) i++;
    if (right.index <= left.index) j++;
  }
  return met;
}

function* pairsOf(image: IndexedImage, layers: readonly ChosenLayer[]): Generator<readonly [number, number]> {
  const reach = layers.length <= ALL_PAIRS ? layers.length : 1;
  for (let low = 0; low < layers.length; low++) {
    for (let high = low + 1; high < layers.length; high++) {
      if (high - low <= reach || hidesOf(image, layers[high]!, layers[low]!)) yield [low, high];
    }
  }
}

function hidesOf({ atoms }: IndexedImage, upper: ChosenLayer, lower: ChosenLayer): boolean {
  return upper.places.some((place) => atoms[place]!.hides.some(({ of }) => lower.places.includes(of)));
}

/** Each atom out of its layer, and each end of it: the atoms that change most often, or that the fewest images have. */
function* splitsOf(
  search: LayerSearch,
  image: IndexedImage,
  layer: ChosenLayer,
  images: readonly IndexedImage[],
): Generator<GroupMove> {
  const { keys } = search;
  const { key, places } = layer;
  const orders = positionsOf(search, image, layer);
  const tried = new Set<string>();
  const candidates = [
    ...worthMoving(orders).map((position) => [position]),
    ...orders.flatMap((order) => order.slice(1).map((_, count) => order.slice(0, count + 1))),
  ];
  for (const candidate of candidates) {
    const picked = [...candidate].sort((a, b) => a - b);
    if (picked.length === places.length || tried.has(picked.join())) continue;
    tried.add(picked.join());
    const of = (other: IndexedImage, choice: LayerChoice) => {
      const from = choice.layers.findIndex((layer) => layer.key === key);
      return from < 0 ? undefined : moveAtoms(other, choice, from, picked, "own", keys);
    };
    yield { images, of };
  }
}

/** The atoms of a layer in two orders: by how often they change, and by how few images have them. */
function positionsOf(
  { owners }: LayerSearch,
  image: IndexedImage,
  { places }: ChosenLayer,
): readonly (readonly number[])[] {
  const atoms = places.map((place) => image.atoms[place]!);
  const positions = atoms.map((_, position) => position);
  const byChange = [...positions].sort((a, b) => atoms[a]!.survival - atoms[b]!.survival || b - a);
  const reach = atoms.map(({ token }) => owners.size(owners.of(token)));
  const byReach = [...positions].sort((a, b) => reach[a]! - reach[b]! || b - a);
  return [byChange, byReach];
}

/** All atoms of a small layer; of a larger one those at the ends of each order. */
function worthMoving(orders: readonly (readonly number[])[]): readonly number[] {
  if (orders[0]!.length <= ALL_ATOMS) return orders[0]!;
  return [...new Set(orders.flatMap((order) => [...order.slice(0, 2), ...order.slice(-2)]))];
}

function* pairMoves(
  search: LayerSearch,
  image: IndexedImage,
  a: ChosenLayer,
  b: ChosenLayer,
  images: readonly IndexedImage[],
): Generator<GroupMove> {
  const { keys } = search;
  const found = ({ layers }: LayerChoice, { key }: ChosenLayer) =>
    layers.findIndex((layer) => layer.key === key);
  yield {
    images,
    of: (other, choice) => {
      const [one, two] = [found(choice, a), found(choice, b)];
      if (one < 0 || two < 0) return undefined;
      return joinLayers(other, choice, Math.min(one, two), Math.max(one, two), keys);
    },
  };
  for (const [source, target] of [
    [a, b],
    [b, a],
  ] as const) {
    if (source.places.length < 2) continue;
    for (const position of worthMoving(positionsOf(search, image, source))) {
      yield {
        images,
        of: (other, choice) => {
          const [from, to] = [found(choice, source), found(choice, target)];
          return from < 0 || to < 0 ? undefined : moveAtoms(other, choice, from, [position], to, keys);
        },
      };
    }
  }
}

/**
 * Joins two layers of a choice, and those that have to lie between them.
 *
 * @param low place of the lower layer in the choice
 */
function joinLayers(
  image: IndexedImage,
  { layers }: LayerChoice,
  low: number,
  high: number,
  keys: LayerKeys,
): LayerChoice | undefined {
  const joined = new Set([low, high]);
  if (image.ordered) for (const between of layersBetween(image, layers, low, high)) joined.add(between);
  const places = [...joined].flatMap((index) => layers[index]!.places).sort((a, b) => a - b);
  const rest = layers.filter((_, index) => !joined.has(index));
  return layeredChoice(image, [...rest, ownLayer(image, places, keys)]);
}

/** Layers that have to be above the lower one and below the higher one. */
function layersBetween(
  image: IndexedImage,
  layers: readonly ChosenLayer[],
  low: number,
  high: number,
): readonly number[] {
  const below = layersBelow(image, layers);
  const above = new Set([low]);
  for (let index = low + 1; index <= high; index++) {
    if (below[index]!.some((other) => above.has(other))) above.add(index);
  }
  const under = new Set([high]);
  for (let index = high; index > low; index--) {
    if (under.has(index)) for (const other of below[index]!) under.add(other);
  }
  return [...above].filter((index) => index !== low && index !== high && under.has(index));
}

/** Takes some atoms, by their places in the layer, out of it: into a layer of their own, or into another of the choice. */
function moveAtoms(
  image: IndexedImage,
  { layers }: LayerChoice,
  from: number,
  picked: readonly number[],
  to: number | "own",
  keys: LayerKeys,
): LayerChoice | undefined {
  const source = layers[from]!.places;
  const moved = picked.map((position) => source[position]!);
  const left = source.filter((_, position) => !picked.includes(position));
  const rest = layers.filter((_, index) => index !== from && index !== to);
  const target = to === "own" ? moved : [...layers[to]!.places, ...moved].sort((a, b) => a - b);
  const made = [left, target].filter((places) => places.length > 0);
  return layeredChoice(image, [...rest, ...made.map((places) => ownLayer(image, places, keys))]);
}
