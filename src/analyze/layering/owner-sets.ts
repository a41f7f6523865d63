import type { IndexedProblem } from "./indexed-problem.js";

/** Which images have which atoms: sets of images, numbered, so that atoms of the same images are told by one number. */
export class OwnerSets {
  readonly #ofToken: number[] = [];
  readonly #members: (readonly number[])[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #met = new Map<number, number>();

  constructor({ images }: IndexedProblem) {
    const owners = new Map<number, number[]>();
    for (const { index, atoms } of images) {
      for (const { token } of atoms) {
        const known = owners.get(token);
        if (known === undefined) owners.set(token, [index]);
        else if (known.at(-1) !== index) known.push(index);
      }
    }
    for (const [token, members] of owners) this.#ofToken[token] = this.#number(members);
  }

  /** The number of the set of images that have an atom. */
  of(token: number): number {
    return this.#ofToken[token]!;
  }

  /** How many images are in a set. */
  size(set: number): number {
    return this.#members[set]!.length;
  }

  /** The number of the set of those that are in both. */
  both(a: number, b: number): number {
    if (a === b || this.size(a) === 1) return a;
    if (this.size(b) === 1) return b;
    // Sets are fewer than 2 ** 24: the product stays an exact integer.
    const pair = Math.min(a, b) * 2 ** 24 + Math.max(a, b);
    let met = this.#met.get(pair);
    if (met === undefined) {
      const others = new Set(this.#members[b]!);
      met = this.#number(this.#members[a]!.filter((index) => others.has(index)));
      this.#met.set(pair, met);
    }
    return met;
  }

  #number(members: readonly number[]): number {
    const name = members.join(" ");
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#members.length;
      this.#members.push(members);
      this.#numbers.set(name, number);
    }
    return number;
  }
}
