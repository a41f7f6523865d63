import type { Origin } from "../errors/origin.js";

/** One change that a pass made. */
export interface PassRecord {
  readonly pass: string;
  /** The user's line that the change came from. */
  readonly origin?: Origin;
  /** What was there, in a few words of the user's own terms. */
  readonly before: string;
  readonly after: string;
  /** Bytes that no longer enter the image, where they are known. */
  readonly bytes?: number;
  /** The price: commands that a change of this line runs again, and would not run again as the steps are written. */
  readonly reruns?: number;
}

/** Something a pass saw and left alone, with its cost in bytes where it is known. */
export interface PassWarning {
  readonly pass: string;
  readonly code: string;
  readonly origin?: Origin;
  readonly message: string;
  readonly bytes?: number;
}

/**
 * Warnings without those that another one of the same source line says already: an image of several platforms, or
 * several images that grow from one value, have their steps in common.
 */
export function onceEachLine<
  Warning extends Pick<PassWarning, "origin" | "message"> & { readonly code?: string },
>(warnings: readonly Warning[]): readonly Warning[] {
  const said = new Set<string>();
  return warnings.filter(({ code, origin, message }) => {
    const key = JSON.stringify([code, origin ?? message]);
    return said.size < said.add(key).size;
  });
}
