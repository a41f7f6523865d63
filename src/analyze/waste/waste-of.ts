import { finalFiles } from "../final-files.js";
import type { ObservedImage } from "../observed-image.js";

/** What an image carries that no container of it can see. */
export interface WasteReport {
  /** Bytes of files that a later layer overwrote or removed. */
  readonly wastedBytes: number;
  /** The share of all bytes of files that is seen: 1 is all of them. */
  readonly efficiency: number;
}

/** Weighs the files of all layers against those that are left in the end. */
export async function wasteOf(image: ObservedImage): Promise<WasteReport> {
  let all = 0;
  for (const layer of image.layers) for (const { size } of await layer.entries()) all += size;
  let seen = 0;
  for (const { entry } of (await finalFiles(image)).values()) seen += entry.size;
  return { wastedBytes: all - seen, efficiency: all === 0 ? 1 : seen / all };
}
