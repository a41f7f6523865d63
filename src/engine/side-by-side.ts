/**
 * Works through items side by side, each after those that it needs. The first failure stops the others, and is
 * thrown when all have ended.
 *
 * @param order every item after those that it needs
 */
export async function sideBySide<Item>(
  order: readonly Item[],
  idOf: (item: Item) => string,
  needs: (item: Item) => Iterable<string>,
  outer: AbortSignal | undefined,
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
        own.abort(error);
        throw error;
      }),
    );
  }
  await Promise.allSettled(under.values());
  if (failure !== undefined) throw failure.error;
}
