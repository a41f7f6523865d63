/** A place on the page, as browsers give it. */
export interface Place {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The ways that arrow keys go. */
export type Way = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

/** The place that one gets to from another by an arrow key; undefined where there is none that way. */
export function nearest(from: Place, places: readonly Place[], way: Way): number | undefined {
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [at, to] of places.entries()) {
    const away = ahead(from, to, way);
    if (away === undefined) continue;
    // What lies straight ahead is nearer than what lies aside.
    const distance = away + 4 * aside(from, to, way);
    if (distance >= least) continue;
    least = distance;
    best = at;
  }
  return best;
}

function ahead(from: Place, to: Place, way: Way): number | undefined {
  const [start, end] =
    way === "ArrowRight"
      ? [from.right, to.left]
      : way === "ArrowLeft"
        ? [to.right, from.left]
        : way === "ArrowDown"
          ? [from.bottom, to.top]
          : [to.bottom, from.top];
  // Neighbours may overlap by the width of a line.
  return end - start < -2 ? undefined : Math.max(0, end - start);
}

function aside(from: Place, to: Place, way: Way): number {
  const [low, high, otherLow, otherHigh] =
    way === "ArrowLeft" || way === "ArrowRight"
      ? [from.top, from.bottom, to.top, to.bottom]
      : [from.left, from.right, to.left, to.right];
  if (otherLow < high && otherHigh > low) return Math.abs(otherLow - low) / 1000;
  return Math.max(otherLow - high, low - otherHigh) + 1;
}
