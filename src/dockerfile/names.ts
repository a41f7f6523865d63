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

  /** `want-1`, `want-2` ... */
  numbered(want: string): string {
    let number = 1;
    while (this.#taken.has(`${want}-${number}`)) number++;
    return this.unique(`${want}-${number}`);
  }
}
