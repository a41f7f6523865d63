/** Options of working through items. */
interface Together<Item> {
  idOf(item: Item): string;
  /** The ids of the items that come before one. */
  needs(item: Item): Iterable<string>;
  readonly signal: AbortSignal | undefined;
  /** True when a failure leaves those alone that do not need the item. */
  readonly keepGoing: boolean;
  /** The number that are worked on at once. @default - no limit */
  readonly limit?: number;
}

/**
 * Works through items side by side, each after those that it needs. The first failure stops the others, and is
 * thrown when all have ended.
 *
 * @param order every item after those that it needs
 */
export async function sideBySide<Item>(
  order: readonly Item[],
  { idOf, needs, signal: outer, keepGoing, limit }: Together<Item>,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const own = new AbortController();
  const signal = outer === undefined ? own.signal : AbortSignal.any([outer, own.signal]);
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): never => {
    failure ??= { error };
    if (!keepGoing) own.abort(error);
    throw error;
  };
  const under = new Map<string, Promise<void>>();
  const slots = new Slots(limit ?? Number.POSITIVE_INFINITY);
  for (const item of order) {
    const before = [...new Set(needs(item))].map((id) => under.get(id));
    const run = async () => {
      await Promise.all(before);
      // Told before the slot is free: who waits for it must not begin any more.
      await slots.within(async () => {
        signal.throwIfAborted();
        await work(item, signal).catch(fail);
      });
    };
    under.set(idOf(item), run().catch(fail));
  }
  await Promise.allSettled(under.values());
  if (failure !== undefined) throw failure.error;
}

/** Lets so many go on at once; the others wait in the order in which they came. */
class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(slots: number) {
    this.#free = slots;
  }

  async within(work: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
