import type { Origin } from "../errors/origin.js";

/** One change that a pass made. */
export interface PassRecord {
  readonly pass: string;
  /** The user's line that the change came from. */
  readonly origin?: Origin;
  /** What was there, in a few words of the user's own terms. */
  readonly before: string;
  readonly after: string;
  /** Bytes that no longer enter the image, where they are known: for commands only once the layer was built. */
  readonly bytes?: number;
  /** The line of the command that removes them in the layer that made them. */
  readonly by?: Origin;
  /** Commands of a Dockerfile that run again when a later step begins or stops to use what is removed. */
  readonly rerunsOnUse?: number;
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

/** A warning, by a pass or of what else was seen. */
interface Told {
  readonly pass?: string;
  readonly code?: string;
  readonly origin?: Origin;
  readonly message: string;
}

/**
 * Warnings without those that another one of the same source line says already: an image of several platforms, or
 * several images that grow from one value, have their steps in common.
 *
 * @param said is shared by lists of which the later ones are to leave out what the earlier ones say
 */
export function onceEachLine<Warning extends Told>(
  warnings: readonly Warning[],
  said = new Set<string>(),
): readonly Warning[] {
  return warnings.filter(({ pass, code, origin, message }) => {
    const line = pass === undefined ? undefined : origin;
    const key = JSON.stringify(line === undefined ? [code, origin, message] : [code, line]);
    return said.size < said.add(key).size;
  });
}

/** Results with their warnings told once over all of them. */
export function toldOnce<Result extends { readonly warnings: readonly Told[] }>(
  results: readonly Result[],
  said = new Set<string>(),
): Result[] {
  return results.map((result) => ({ ...result, warnings: onceEachLine(result.warnings, said) }));
}
