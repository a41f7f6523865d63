import type { EntryContent } from "./entry-content.js";
import type { TarEntry } from "./tar-entry.js";

/** An entry with where its bytes come from. `content` is read for files with a size above 0 only. */
export interface TarItem {
  readonly entry: TarEntry;
  readonly content?: EntryContent | undefined;
}

/** Entries by their places: an array, or something that makes each when it is asked for. */
export interface ItemList<Item> {
  readonly length: number;
  at(index: number): Item | undefined;
}
