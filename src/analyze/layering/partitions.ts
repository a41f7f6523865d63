/** All ways to put `count` things into groups, each thing and each group in ascending order; Bell numbers many. */
export function* partitions(count: number): Generator<readonly (readonly number[])[]> {
  const groups: number[][] = [];
  function* place(thing: number): Generator<readonly (readonly number[])[]> {
    if (thing === count) {
      yield groups.map((group) => [...group]);
      return;
    }
    for (const group of groups) {
      group.push(thing);
      yield* place(thing + 1);
      group.pop();
    }
    groups.push([thing]);
    yield* place(thing + 1);
    groups.pop();
  }
  yield* place(0);
}

/** How many partitions there are of so many things: the Bell numbers. */
export function partitionCount(count: number): number {
  let row = [1];
  for (let n = 0; n < count; n++) {
    const next = [row.at(-1)!];
    for (const above of row) next.push(next.at(-1)! + above);
    row = next;
  }
  return row[0]!;
}
