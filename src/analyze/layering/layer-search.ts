import { getOrMake } from "../../core/grouped.js";
import {
  choiceOf,
  type LayerChoice,
  LayerKeys,
  layeredChoice,
  meltedChoice,
  orderLayers,
  ownLayer,
} from "./layer-choice.js";
import { type IndexedImage, type IndexedProblem, LAYER_END } from "./layering-problem.js";
import type { LayeringState } from "./layering-state.js";

/** The state that all searches over one problem share: the numbers of layers, and results for each image. */
export class LayerSearch {
  readonly problem: IndexedProblem;
  readonly keys: LayerKeys;
  readonly owners: OwnerSets;
  readonly #rows = new Map<IndexedImage, readonly (readonly number[])[]>();
  readonly #fixed = new Map<IndexedImage, FixedChoices>();

  constructor(problem: IndexedProblem) {
    this.problem = problem;
    this.keys = new LayerKeys(problem.tokens);
    this.owners = new OwnerSets(problem);
  }

  /** The choices of the three plain policies, as far as the image has them. */
  fixed(image: IndexedImage): FixedChoices {
    return getOrMake(this.#fixed, image, () => {
      const keep = choiceOf(image, undefined, this.keys);
      const places = image.atoms.map((_, place) => place);
      const own = layeredChoice(image, places.length === 0 ? [] : [ownLayer(image, places, this.keys)])!;
      const onNothing = image.parent === undefined && image.base.length === 0;
      return onNothing ? { keep, own } : { keep, own, all: meltedChoice(image, this.keys) };
    });
  }

  /** Cheapest layers if every other image that has the atoms of a layer joins in: all pay the same part of it. */
  hopeful(image: IndexedImage, most: number): readonly LayerChoice[] {
    return this.#cut(image, most, sharedPrice(image, this.owners));
  }

  /** Cheapest layers if all other images stay as they are: what one of them has is free. */
  answering(image: IndexedImage, most: number, state: LayeringState): readonly LayerChoice[] {
    return this.#cut(image, most, marginalPrice(image, this.keys, state));
  }

  #cut(image: IndexedImage, most: number, price: SegmentPrice): readonly LayerChoice[] {
    if (image.atoms.length === 0 || most < 1) return [];
    return this.#rowsOf(image).map((row) => {
      const groups = cutIntoLayers(image, row, price, most, LAYER_END);
      return layeredChoice(
        image,
        groups.map((places) => ownLayer(image, places, this.keys)),
      )!;
    });
  }

  /** The atoms in rows that are worth cutting: by how rarely they change, and by who has them. */
  #rowsOf(image: IndexedImage): readonly (readonly number[])[] {
    return getOrMake(this.#rows, image, () => {
      const rare = rowByChange(image, this.keys);
      const shared = rowByOwners(image, this.owners, rare);
      return shared.every((place, index) => rare[index] === place) ? [rare] : [rare, shared];
    });
  }
}

/** The choices that need no search. */
interface FixedChoices {
  readonly keep: LayerChoice;
  readonly own: LayerChoice;
  /** Undefined over scratch, where there is nothing to melt. */
  readonly all?: LayerChoice;
}

function rowByChange(image: IndexedImage, keys: LayerKeys): readonly number[] {
  const single = image.atoms.map((_, place) => ownLayer(image, [place], keys));
  return orderLayers(image, single)!.map(({ places }) => places[0]!);
}

/** Atoms of the most images first, those of the same images side by side, as far as what they have to be after allows. */
function rowByOwners(image: IndexedImage, owners: OwnerSets, rare: readonly number[]): readonly number[] {
  const { atoms } = image;
  const rank = new Int32Array(atoms.length);
  rare.forEach((place, index) => {
    rank[place] = index;
  });
  const set = atoms.map(({ token }) => owners.of(token));
  const wanted = [...rare].sort(
    (a, b) => owners.size(set[b]!) - owners.size(set[a]!) || set[a]! - set[b]! || rank[a]! - rank[b]!,
  );
  if (!image.ordered) return wanted;
  const row: number[] = [];
  const placed = new Uint8Array(atoms.length);
  const place = (at: number): void => {
    if (placed[at] !== 0) return;
    placed[at] = 1;
    for (const other of atoms[at]!.after) place(other);
    row.push(at);
  };
  for (const at of wanted) place(at);
  return row;
}

/** Divides the price of a layer among all images that have its atoms. */
function sharedPrice({ atoms }: IndexedImage, owners: OwnerSets): SegmentPrice {
  let set: number | undefined;
  return {
    open() {
      set = undefined;
    },
    add(place) {
      const own = owners.of(atoms[place]!.token);
      set = set === undefined ? own : owners.both(set, own);
    },
    of: (bytes) => bytes / owners.size(set!),
  };
}

/** Prices a layer as what it adds to the choices of the other images. */
function marginalPrice({ atoms }: IndexedImage, keys: LayerKeys, state: LayeringState): SegmentPrice {
  let alone = false;
  let run: number[] = [];
  return {
    open() {
      alone = false;
      run = [];
    },
    add(place) {
      alone ||= atoms[place]!.alone;
      if (!alone) run.push(place);
    },
    of(bytes) {
      if (alone) return bytes;
      const key = keys.find([...run].sort((a, b) => a - b).map((place) => atoms[place]!.token));
      return key !== undefined && state.users(key) > 0 ? 0 : bytes;
    },
  };
}

/** The price of a layer in the store, asked for a run of atoms that grows by one at a time. */
export interface SegmentPrice {
  /** A new run, without atoms. */
  open(): void;
  /** The next atom of the run. */
  add(place: number): void;
  /** Returns the price of the run as one layer of so many bytes. */
  of(bytes: number): number;
}

/**
 * Cuts a row of atoms into layers, each a run of neighbours, so that what the store pays and what an update is expected
 * to move are least. Exact for this row, by dynamic programming over the places of the last cut.
 *
 * @param row places of all atoms of the image, each after those that it has to be after
 * @param most layers at most
 * @param end bytes of a layer besides its atoms
 */
function cutIntoLayers(
  image: IndexedImage,
  row: readonly number[],
  price: SegmentPrice,
  most: number,
  end: number,
): readonly (readonly number[])[] {
  const costs = costsOfRuns(image, row, price, end);
  const free = cheapestCuts(costs, row.length);
  const cuts = free.length <= most ? free : cheapestCutsOf(costs, row.length, most);
  return cuts.map((from, index) => row.slice(from, cuts[index + 1]).sort((a, b) => a - b));
}

/** `costs[from * n + to]`: the atoms from `from` up to and with `to` as one layer over all before them. */
function costsOfRuns(
  { atoms }: IndexedImage,
  row: readonly number[],
  price: SegmentPrice,
  end: number,
): Float64Array {
  const n = row.length;
  const costs = new Float64Array(n * n);
  const position = new Int32Array(n);
  const unchanged = new Float64Array(n);
  row.forEach((place, index) => {
    position[place] = index;
    unchanged[index] = atoms[place]!.survival * (index === 0 ? 1 : unchanged[index - 1]!);
  });
  for (let from = 0; from < n; from++) {
    let bytes = end;
    price.open();
    for (let to = from; to < n; to++) {
      const atom = atoms[row[to]!]!;
      bytes += atom.bytes;
      for (const hide of atom.hides) if (position[hide.of]! >= from) bytes -= hide.bytes;
      price.add(row[to]!);
      costs[from * n + to] = price.of(bytes) + bytes * (1 - unchanged[to]!);
    }
  }
  return costs;
}

function cheapestCuts(costs: Float64Array, n: number): readonly number[] {
  const best = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  const cut = new Int32Array(n + 1);
  best[0] = 0;
  for (let to = 1; to <= n; to++) {
    for (let from = 0; from < to; from++) {
      const cost = best[from]! + costs[from * n + to - 1]!;
      if (cost >= best[to]!) continue;
      best[to] = cost;
      cut[to] = from;
    }
  }
  const cuts: number[] = [];
  for (let to = n; to > 0; to = cut[to]!) cuts.unshift(cut[to]!);
  return cuts;
}

/** The same with at most so many layers. */
function cheapestCutsOf(costs: Float64Array, n: number, most: number): readonly number[] {
  const width = n + 1;
  const best = new Float64Array((most + 1) * width).fill(Number.POSITIVE_INFINITY);
  const cut = new Int32Array((most + 1) * width);
  best[0] = 0;
  for (let layers = 1; layers <= most; layers++) {
    for (let to = layers; to <= n; to++) {
      for (let from = layers - 1; from < to; from++) {
        const cost = best[(layers - 1) * width + from]! + costs[from * n + to - 1]!;
        if (cost >= best[layers * width + to]!) continue;
        best[layers * width + to] = cost;
        cut[layers * width + to] = from;
      }
    }
  }
  let layers = 1;
  for (let count = 2; count <= most; count++) {
    if (best[count * width + n]! < best[layers * width + n]!) layers = count;
  }
  const cuts: number[] = [];
  for (let to = n; to > 0; layers--) {
    to = cut[layers * width + to]!;
    cuts.unshift(to);
  }
  return cuts;
}

/** Numbered sets of images, by the atoms that they have: atoms of the same images have one number. */
class OwnerSets {
  readonly #ofToken: number[] = [];
  readonly #members: (readonly number[])[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #met = new Map<number, number>();

  constructor({ images }: IndexedProblem) {
    const owners = new Map<number, number[]>();
    for (const { index, atoms } of images) {
      for (const { token } of atoms) {
        const known = getOrMake(owners, token, () => []);
        if (known.at(-1) !== index) known.push(index);
      }
    }
    for (const [token, members] of owners) this.#ofToken[token] = this.#number(members);
  }

  /** The number of the set of images that have an atom. */
  of(token: number): number {
    return this.#ofToken[token]!;
  }

  /** Returns the number of images in a set. */
  size(set: number): number {
    return this.#members[set]!.length;
  }

  /** The number of the set of those that are in both. */
  both(a: number, b: number): number {
    if (a === b || this.size(a) === 1) return a;
    if (this.size(b) === 1) return b;
    // Sets are fewer than 2 ** 24: the product stays an exact integer.
    const pair = Math.min(a, b) * 2 ** 24 + Math.max(a, b);
    return getOrMake(this.#met, pair, () => {
      const others = new Set(this.#members[b]!);
      return this.#number(this.#members[a]!.filter((index) => others.has(index)));
    });
  }

  #number(members: readonly number[]): number {
    return getOrMake(this.#numbers, members.join(" "), () => this.#members.push(members) - 1);
  }
}
