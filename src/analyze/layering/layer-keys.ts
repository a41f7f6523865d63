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
