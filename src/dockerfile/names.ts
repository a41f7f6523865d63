/**
 * Hands out the names of stages and contexts: unique whatever their case, never a number, and never the name of an
 * image that the Dockerfile starts from, since `FROM name` prefers a stage.
 */
export class Names {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set([
      "scratch",
      "context",
      "dockerfile",
      ...[...taken].map((name) => name.toLowerCase()),
    ]);
  }

  /** `want` itself if it is free, else with the first free number. */
  unique(want: string): string {
    let name = want;
    for (let number = 2; this.#taken.has(name); number++) name = `${want}-${number}`;
    this.#taken.add(name);
    return name;
  }

  /** The first of `want`, `want-2` ... that is free with each of the endings, as in `want-ending`; they are taken then. */
  family(want: string, endings: readonly string[]): string {
    let stem = want;
    const free = () => endings.every((ending) => !this.#taken.has(`${stem}-${ending}`));
    for (let number = 2; !free(); number++) stem = `${want}-${number}`;
    for (const ending of endings) this.#taken.add(`${stem}-${ending}`);
    return stem;
  }

  /** `want-1`, `want-2` ... */
  numbered(want: string): string {
    let number = 1;
    while (this.#taken.has(`${want}-${number}`)) number++;
    return this.unique(`${want}-${number}`);
  }
}
