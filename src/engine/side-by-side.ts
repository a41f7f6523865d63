/** How items are worked through. */
export interface Together<Item> {
  idOf(item: Item): string;
  /** The ids of the items that come before one. */
  needs(item: Item): Iterable<string>;
  readonly signal: AbortSignal | undefined;
  /** Whether a failure leaves those alone that do not need the item. */
  readonly keepGoing: boolean;
}

/**
 * Works through items side by side, each after those that it needs. The first failure stops the others, and is
 * thrown when all have ended.
 *
 * @param order every item after those that it needs
 */
export async function sideBySide<Item>(
  order: readonly Item[],
  { idOf, needs, signal: outer, keepGoing }: Together<Item>,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const own = new AbortController();
  const signal = outer === undefined ? own.signal : AbortSignal.any([outer, own.signal]);
  let failure: { readonly error: unknown } | undefined;
  const under = new Map<string, Promise<void>>();
  for (const item of order) {
    const before = [...new Set(needs(item))].map((id) => under.get(id));
    const run = async () => {
      await Promise.all(before);
      signal.throwIfAborted();
      await work(item, signal);
    };
    under.set(
      idOf(item),
      run().catch((error: unknown) => {
        failure ??= { error };
        if (!keepGoing) own.abort(error);
        throw error;
      }),
    );
  }
  await Promise.allSettled(under.values());
  if (failure !== undefined) throw failure.error;
}
