import type { ObservedEntry } from "../observed-image.js";

/** The bytes of one file in one layer, and what became of them. */
export interface StoredContent {
  readonly entry: ObservedEntry;
  /** Place of its layer; 0 is the bottom. */
  readonly layer: number;
  /** The names that it has in the final root file system, without a leading slash; hard links are several. */
  readonly names: readonly string[];
  /** What took its last name away. Of a file and its mere copies only the first has a fate, that of all of them. */
  readonly fate?: Fate;
  /** The file below of which it is a mere copy: the same bytes under the same name. */
  readonly copyOf?: StoredContent;
  /** The mere copy that took its place. */
  readonly copy?: StoredContent;
}

/** How a content was lost. */
export interface Fate {
  readonly kind: "overwritten" | "removed";
  readonly layer: number;
  /** The name that it lost. */
  readonly path: string;
}

/** The last of the mere copies of a content; itself where there are none. It is what the final root file system has. */
export function lastCopy(content: StoredContent): StoredContent {
  let last = content;
  while (last.copy !== undefined) last = last.copy;
  return last;
}

/** True when the final root file system would be the same without the bytes. */
export function isSpare({ fate, copyOf }: StoredContent): boolean {
  return fate !== undefined || copyOf !== undefined;
}
