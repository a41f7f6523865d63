/**
 * The longest sequence that two lists have in common, as pairs of places in order. Lists of layers are short, so the
 * whole table is made.
 */
export function alignLists<T>(
  left: readonly T[],
  right: readonly T[],
  equal: (a: T, b: T) => boolean,
): (readonly [left: number, right: number])[] {
  const lengths = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  for (let l = left.length - 1; l >= 0; l--) {
    for (let r = right.length - 1; r >= 0; r--) {
      lengths[l]![r] = equal(left[l]!, right[r]!)
        ? lengths[l + 1]![r + 1]! + 1
        : Math.max(lengths[l + 1]![r]!, lengths[l]![r + 1]!);
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let l = 0, r = 0; l < left.length && r < right.length; ) {
    if (equal(left[l]!, right[r]!)) pairs.push([l++, r++]);
    else if (lengths[l + 1]![r]! >= lengths[l]![r + 1]!) l++;
    else r++;
  }
  return pairs;
}
