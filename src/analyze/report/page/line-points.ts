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
