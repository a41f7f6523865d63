import type { Paint } from "./paint.js";

/** What a command found out: as data, and as text for people. Printing it is the caller's. */
export interface Report {
  /** The one document of `--json`. */
  readonly json: unknown;
  /** Ends with a line break, or is empty. */
  text(paint: Paint): string;
  /** What is left of the text under `--quiet`; nothing when absent. */
  readonly quiet?: string;
  /** Set when standard output carries the image itself: the text goes to standard error. */
  readonly aside?: boolean;
  /** Set when the text is a file, which a program gets byte for byte; a terminal gets it as all text. */
  readonly verbatim?: boolean;
  /** @default - 0 */
  readonly exitCode?: number;
}

/** The report of a command that makes images, where a selection left none. */
export function nothingMade(catalog: string): Report {
  return { json: { catalog, images: [] }, quiet: "", text: () => "" };
}
