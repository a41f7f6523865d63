import type { LayerChoice } from "./layer-choice.js";
import type { IndexedImage, IndexedProblem } from "./layering-problem.js";

/** A choice for every image, with the total kept up as one of them changes. */
export class LayeringState {
  readonly problem: IndexedProblem;
  readonly #choices: (LayerChoice | undefined)[];
  /** Number of layers of each image, those below it included. */
  readonly #counts: Int32Array;
  readonly #users = new Map<number, number>();
  readonly #baseUsers = new Map<number, number>();
  #total = 0;

  constructor(problem: IndexedProblem) {
    this.problem = problem;
    this.#choices = problem.images.map(() => undefined);
    this.#counts = new Int32Array(problem.images.length);
  }

  /** The cost of all choices, to the rounding of sums. */
  get total(): number {
    return this.#total;
  }

  choice(image: IndexedImage): LayerChoice {
    return this.#choices[image.index]!;
  }

  isPut(image: IndexedImage): boolean {
    return this.#choices[image.index] !== undefined;
  }

  /** Returns the number of images that have a layer. */
  users(key: number): number {
    return this.#users.get(key) ?? 0;
  }

  /** Returns the number of images that stand directly on a layer of a base. */
  baseUsers(token: number): number {
    return this.#baseUsers.get(token) ?? 0;
  }

  /** Layers of the base that an image stands on, as that is chosen now. */
  countBelow({ parent, base }: IndexedImage): number {
    return parent === undefined ? base.length : this.#counts[parent.index]!;
  }

  /** True when an image and those that stand on it keep within the number of layers. */
  fits(image: IndexedImage, { melt, layers }: LayerChoice): boolean {
    const count = (melt ? 0 : this.countBelow(image)) + layers.length;
    if (layers.length > 0 && count > this.problem.maxLayers) return false;
    return this.#fitAbove(image, count);
  }

  #fitAbove({ children }: IndexedImage, below: number): boolean {
    return children.every((child) => {
      const choice = this.#choices[child.index];
      if (choice === undefined || choice.melt) return true;
      const count = below + choice.layers.length;
      if (child.decides && choice.layers.length > 0 && count > this.problem.maxLayers) return false;
      return this.#fitAbove(child, count);
    });
  }

  /** Chooses for an image. Gives what the total grew by. */
  put(image: IndexedImage, choice: LayerChoice): number {
    const before = this.#choices[image.index];
    let grown = choice.update - (before?.update ?? 0);
    // Most changes touch two or three layers of many: those that stay are not counted out and in again.
    const old = before?.layers ?? [];
    for (const { key, bytes } of choice.layers.filter((layer) => !old.includes(layer)))
      grown += shift(this.#users, key, bytes, 1);
    for (const { key, bytes } of old.filter((layer) => !choice.layers.includes(layer)))
      grown += shift(this.#users, key, bytes, -1);
    if (before?.melt === false && choice.melt) grown += this.#shiftBase(image, -1);
    if (before?.melt !== false && !choice.melt) grown += this.#shiftBase(image, 1);
    this.#choices[image.index] = choice;
    this.#count(image);
    this.#total += grown;
    return grown;
  }

  /** Returns the growth of the total with another choice over the same base. */
  growth(image: IndexedImage, { layers, update }: LayerChoice): number {
    const before = this.choice(image);
    let grown = update - before.update;
    for (const layer of layers) {
      if (!before.layers.includes(layer) && this.users(layer.key) === 0) grown += layer.bytes;
    }
    for (const layer of before.layers) {
      if (!layers.includes(layer) && this.users(layer.key) === 1) grown -= layer.bytes;
    }
    return grown;
  }

  /** Takes an image out, until the next choice for it. Gives what the total grew by: nothing, or less than that. */
  take(image: IndexedImage): number {
    const choice = this.#choices[image.index];
    if (choice === undefined) return 0;
    this.#choices[image.index] = undefined;
    let grown = -choice.update;
    for (const { key, bytes } of choice.layers) grown += shift(this.#users, key, bytes, -1);
    if (!choice.melt) grown += this.#shiftBase(image, -1);
    this.#total += grown;
    return grown;
  }

  /** Returns the growth of the total if an image that is taken out had this choice. */
  price(image: IndexedImage, choice: LayerChoice): number {
    let sum = choice.update;
    for (const { key, bytes } of choice.layers) if (this.users(key) === 0) sum += bytes;
    if (choice.melt) return sum;
    for (const token of image.base) {
      if (this.baseUsers(token) === 0) sum += this.problem.baseBytes.get(token)!;
    }
    return sum;
  }

  #shiftBase({ base }: IndexedImage, by: 1 | -1): number {
    return base.reduce(
      (grown, token) => grown + shift(this.#baseUsers, token, this.problem.baseBytes.get(token)!, by),
      0,
    );
  }

  #count(image: IndexedImage): void {
    const choice = this.#choices[image.index];
    if (choice === undefined) return;
    this.#counts[image.index] = (choice.melt ? 0 : this.countBelow(image)) + choice.layers.length;
    for (const child of image.children) this.#count(child);
  }
}

/** Counts a user of a layer in or out. Returns the bytes that the store grows by. */
function shift(users: Map<number, number>, key: number, bytes: number, by: 1 | -1): number {
  const before = users.get(key) ?? 0;
  if (before + by === 0) users.delete(key);
  else users.set(key, before + by);
  if (before === 0) return bytes;
  return before + by === 0 ? -bytes : 0;
}

/** Another choice for one image. */
export interface Edit {
  readonly image: IndexedImage;
  readonly choice: LayerChoice;
}

/** Gains below a hundredth of a byte are the rounding of sums. */
const LEAST_GAIN = 0.01;

/** Edits several images together if that shrinks the total. Returns by how many bytes; 0 when nothing was changed. */
export function editIfBetter(state: LayeringState, edits: readonly Edit[]): number {
  const { gain, before } = apply(state, edits);
  if (gain > LEAST_GAIN) return gain;
  takeBack(state, before);
  return 0;
}

/** Returns the bytes by which the edits would shrink the total; 0 when they would not. */
export function gainOf(state: LayeringState, edits: readonly Edit[]): number {
  const [first, second] = edits;
  if (first === undefined) return 0;
  if (second === undefined && state.fits(first.image, first.choice)) {
    const gain = -state.growth(first.image, first.choice);
    return gain > LEAST_GAIN ? gain : 0;
  }
  const { gain, before } = apply(state, edits);
  takeBack(state, before);
  return gain > LEAST_GAIN ? gain : 0;
}

/** An image that would have too many layers stays as it is. */
function apply(state: LayeringState, edits: readonly Edit[]): { gain: number; before: Edit[] } {
  const before: Edit[] = [];
  let grown = 0;
  for (const { image, choice } of edits) {
    if (!state.fits(image, choice)) continue;
    before.push({ image, choice: state.choice(image) });
    grown += state.put(image, choice);
  }
  return { gain: -grown, before };
}

function takeBack(state: LayeringState, before: readonly Edit[]): void {
  for (const { image, choice } of [...before].reverse()) state.put(image, choice);
}
