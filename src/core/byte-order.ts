/**
 * Compares two strings by their UTF-8 bytes, the order in which layers are written. JavaScript's own order is
 * by UTF-16 unit and differs where a character above U+FFFF meets one from U+E000 to U+FFFF.
 */
export function compareBytes(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    // A surrogate stands for a character above every other unit, whatever its own number.
    const aHigh = a >= 0xd800 && a <= 0xdfff;
    const bHigh = b >= 0xd800 && b <= 0xdfff;
    if (aHigh !== bHigh) return aHigh ? 1 : -1;
    return a - b;
  }
  return left.length - right.length;
}
