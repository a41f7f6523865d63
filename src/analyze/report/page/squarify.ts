/** A box in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Divides a box among values, largest first, into boxes as square as can be (Bruls, Huizing and van Wijk, "Squarified
 * Treemaps", 2000). The area of each is its share.
 */
export function squarify(values: readonly number[], box: Box): Box[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  const boxes: Box[] = [];
  let { x, y, width, height } = box;
  const scale = total === 0 ? 0 : (width * height) / total;
  for (let at = 0; at < values.length; ) {
    const side = Math.min(width, height);
    let count = 1;
    let sum = values[at]! * scale;
    let worst = ratio(sum, values[at]! * scale, values[at]! * scale, side);
    while (at + count < values.length) {
      const more = sum + values[at + count]! * scale;
      const next = ratio(more, values[at]! * scale, values[at + count]! * scale, side);
      if (next > worst) break;
      worst = next;
      sum = more;
      count++;
    }
    const thick = side === 0 ? 0 : sum / side;
    let along = 0;
    for (const value of values.slice(at, at + count)) {
      const long = thick === 0 ? 0 : (value * scale) / thick;
      boxes.push(
        width >= height
          ? { x, y: y + along, width: thick, height: long }
          : { x: x + along, y, width: long, height: thick },
      );
      along += long;
    }
    if (width >= height) {
      x += thick;
      width = Math.max(0, width - thick);
    } else {
      y += thick;
      height = Math.max(0, height - thick);
    }
    at += count;
  }
  return boxes;
}

/** The worst proportion of a row of boxes with this sum, of which these are the largest and the smallest. */
function ratio(sum: number, largest: number, smallest: number, side: number): number {
  if (sum === 0 || smallest === 0) return Number.POSITIVE_INFINITY;
  const square = sum * sum;
  return Math.max((side * side * largest) / square, square / (side * side * smallest));
}
