import type { TarEntry } from "./tar-entry.js";

/** Where an entry is in the uncompressed archive, in bytes. */
export interface EntryPosition {
  /** Start of its first header, extended headers included. */
  readonly header: number;
  /** Start of its content. */
  readonly data: number;
}

/** What a `TarParser` calls while it is fed. */
export interface TarHandler {
  /** A new entry, before its content. The root folder itself has the empty path. */
  entry(entry: TarEntry, position: EntryPosition): void;
  /** A piece of the current entry's content; valid during the call only. Without it contents are passed over. */
  data?(piece: Uint8Array): void;
  /** The current entry is complete. Called for entries without content too. */
  entryEnd?(): void;
}
