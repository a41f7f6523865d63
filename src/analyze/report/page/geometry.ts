import type { ReportSize } from "../report-data.js";

/** A point of a line in a picture. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The points of sizes in a picture of some width and height: from the first build to the last, from nothing up. */
export function linePoints(
  sizes: readonly ReportSize[],
  { width, height, rim }: { readonly width: number; readonly height: number; readonly rim: number },
  top = Math.max(1, ...sizes.map(({ bytes }) => bytes)),
): Point[] {
  // Builds are set apart evenly: two of one minute would else be one point beside a month of nothing.
  const step = sizes.length > 1 ? (width - 2 * rim) / (sizes.length - 1) : 0;
  const left = sizes.length > 1 ? rim : width / 2;
  return sizes.map(({ bytes }, at) => ({
    x: left + at * step,
    y: height - rim - (bytes / top) * (height - 2 * rim),
  }));
}

/** A round number that is no less than a size, for the top of an axis. */
export function roundUp(bytes: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, bytes)));
  return ([1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10].find((times) => times * unit >= bytes) ?? 10) * unit;
}

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
