/**
 * Work that several builds come to at the same time, by a name of it: the first does it, the others wait for that and
 * find in the store what it left. What they do then they do side by side.
 */
export class Turns {
  /** The keys of the commands that ran in these builds: where all are to run again, none of them does so twice. */
  readonly ran = new Set<string>();
  readonly #first = new Map<string, Promise<unknown>>();

  async take<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const first = this.#first.get(key);
    if (first === undefined) {
      const own = work();
      // How it ends is told where it was begun.
      this.#first.set(
        key,
        own.catch(() => {}),
      );
      return own;
    }
    await first;
    return work();
  }
}
