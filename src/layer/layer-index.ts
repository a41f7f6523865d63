import type { Digest } from "../oci/digest.js";
import type { TarEntry } from "../tar/tar-entry.js";

/** One entry of a layer, and where its content starts. */
export interface IndexedEntry {
  readonly entry: TarEntry;
  /** Offset in bytes of the entry's content in the plain tar; meaningless for all but files. */
  readonly offset: number;
}

/** What is in a layer, in the order of its tar: all that applying it needs, without the contents of files. */
export interface LayerIndex {
  readonly diffId: Digest;
  /** Bytes of the plain tar. */
  readonly size: number;
  readonly entries: readonly IndexedEntry[];
}
