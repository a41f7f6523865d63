/** Works through items, so many at the same time, and gives the results in order. The first failure stops the others. */
export async function limited<Item, Result>(
  atOnce: number,
  items: readonly Item[],
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  outer?: AbortSignal,
): Promise<Result[]> {
  const own = new AbortController();
  const signal = outer === undefined ? own.signal : AbortSignal.any([outer, own.signal]);
  const results = new Array<Result>(items.length);
  let failure: { readonly error: unknown } | undefined;
  let next = 0;
  const worker = async () => {
    while (next < items.length && !signal.aborted) {
      const at = next++;
      try {
        results[at] = await work(items[at]!, signal);
      } catch (error) {
        failure ??= { error };
        own.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  if (failure !== undefined) throw failure.error;
  outer?.throwIfAborted();
  return results;
}
