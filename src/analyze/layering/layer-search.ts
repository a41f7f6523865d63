import type { IndexedImage, IndexedProblem } from "./indexed-problem.js";
import { type LayerChoice, layeredChoice, meltedChoice, ownLayer } from "./layer-choice.js";
import { LayerKeys } from "./layer-keys.js";
import { choiceOf } from "./layering-cost.js";
import { LAYER_END } from "./layering-problem.js";
import type { LayeringState } from "./layering-state.js";
import { orderLayers } from "./order-layers.js";
import { OwnerSets } from "./owner-sets.js";
import { cutIntoLayers, type SegmentPrice } from "./segment-search.js";

/** What all searches over one problem share: the numbers of layers, and what is worked out once for each image. */
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
    let choices = this.#fixed.get(image);
    if (choices === undefined) {
      choices = this.#fixedChoices(image);
      this.#fixed.set(image, choices);
    }
    return choices;
  }

  #fixedChoices(image: IndexedImage): FixedChoices {
    const keep = choiceOf(image, undefined, this.keys);
    const places = image.atoms.map((_, place) => place);
    const own = layeredChoice(image, places.length === 0 ? [] : [ownLayer(image, places, this.keys)])!;
    const onNothing = image.parent === undefined && image.base.length === 0;
    return onNothing ? { keep, own } : { keep, own, all: meltedChoice(image, this.keys) };
  }

  /** Cheapest layers if every other image that has the atoms of a layer joins in: all pay the same part of it. */
  hopeful(image: IndexedImage, most: number): readonly LayerChoice[] {
    return this.#cut(image, most, new SharedPrice(image, this.owners));
  }

  /** Cheapest layers if all other images stay as they are: what one of them has is free. */
  answering(image: IndexedImage, most: number, state: LayeringState): readonly LayerChoice[] {
    return this.#cut(image, most, new MarginalPrice(image, this.keys, state));
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
    let rows = this.#rows.get(image);
    if (rows === undefined) {
      const rare = rowByChange(image, this.keys);
      const shared = rowByOwners(image, this.owners, rare);
      rows = shared.every((place, index) => rare[index] === place) ? [rare] : [rare, shared];
      this.#rows.set(image, rows);
    }
    return rows;
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

class SharedPrice implements SegmentPrice {
  readonly #image: IndexedImage;
  readonly #owners: OwnerSets;
  #set: number | undefined;

  constructor(image: IndexedImage, owners: OwnerSets) {
    this.#image = image;
    this.#owners = owners;
  }

  open(): void {
    this.#set = undefined;
  }

  add(place: number): void {
    const set = this.#owners.of(this.#image.atoms[place]!.token);
    this.#set = this.#set === undefined ? set : this.#owners.both(this.#set, set);
  }

  of(bytes: number): number {
    return bytes / this.#owners.size(this.#set!);
  }
}

class MarginalPrice implements SegmentPrice {
  readonly #image: IndexedImage;
  readonly #keys: LayerKeys;
  readonly #state: LayeringState;
  #alone = false;
  #run: number[] = [];

  constructor(image: IndexedImage, keys: LayerKeys, state: LayeringState) {
    this.#image = image;
    this.#keys = keys;
    this.#state = state;
  }

  open(): void {
    this.#alone = false;
    this.#run = [];
  }

  add(place: number): void {
    this.#alone ||= this.#image.atoms[place]!.alone;
    if (!this.#alone) this.#run.push(place);
  }

  of(bytes: number): number {
    if (this.#alone) return bytes;
    const places = [...this.#run].sort((a, b) => a - b);
    const key = this.#keys.find(places.map((place) => this.#image.atoms[place]!.token));
    return key !== undefined && this.#state.users(key) > 0 ? 0 : bytes;
  }
}
