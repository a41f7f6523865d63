import type { StoredContent } from "./stored-content.js";
import type { WasteKind } from "./waste-report.js";

/** What wrote files, as far as it matters for how to be without them. */
export interface Writer {
  /** `base` is a base that nobody here describes; `write` are the file steps but copies; `other` is what is not known. */
  readonly step: "copy" | "command" | "write" | "base" | "other";
  /** True when they lie in the layers below the image's own. */
  readonly inherited: boolean;
}

/** A path in a layer, without a leading slash. */
export interface Place {
  readonly layer: number;
  readonly path: string;
}

/** One file that is waste. */
export interface Wasted {
  readonly kind: WasteKind;
  readonly what: string;
  /** Where the bytes lie, and what wrote them there. */
  readonly place: Place;
  readonly bytes: number;
  /** Its name for people, without a leading slash. */
  readonly path: string;
  readonly by?: Place;
  readonly of?: Place;
  /**
   * What to do about it, in one line.
   *
   * @param of what wrote the file of `of`
   */
  fix(writer: Writer, of?: Writer): string;
}

/** Where a content was written. */
export function placeOf({ layer, entry }: StoredContent): Place {
  return { layer, path: entry.path };
}

/** What would put a file and what undoes it into one layer. */
export function oneLayer({ inherited }: Writer): string {
  return inherited ? 'squash("all"), which shares no layer' : 'squash("own")';
}
