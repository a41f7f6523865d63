/** The type of an entry of a layer. */
export type TarEntryType =
  | "file"
  | "folder"
  | "symlink"
  | "hardlink"
  | "character-device"
  | "block-device"
  | "fifo";

/**
 * One entry of a tar as layers use it: no host names, no leading `./` or `/`, no trailing `/`.
 */
export interface TarEntry {
  readonly type: TarEntryType;
  /** Path inside the image without a leading slash. Non-UTF-8 bytes survive as lone surrogates (see core/bytes.ts). */
  readonly path: string;
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Whole seconds since the epoch. */
  readonly mtime: number;
  /** Target of a symlink (any text), or the path of the first name of a hard link (as `path`). */
  readonly linkname?: string | undefined;
  readonly devmajor?: number | undefined;
  readonly devminor?: number | undefined;
  /** Extended attributes by name; written as PAX `SCHILY.xattr.*`. */
  readonly xattrs?: Readonly<Record<string, Uint8Array>> | undefined;
}

/**
 * The source of the bytes of a file entry. Reading is synchronous on purpose: for trees of small files it
 * costs a third of the processor time of asynchronous reads, and leaves the thread pool to compression.
 */
export type EntryContent =
  | HostContent
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** A range of a host file, e.g. an unpacked layer. */
  | { readonly kind: "range"; readonly path: string; readonly offset: number };

/** A file of the host. `guard` must still hold when it is opened. */
export interface HostContent {
  readonly kind: "file";
  /** Absolute. Where there is an `open`, for messages alone. */
  readonly path: string | Buffer;
  /** Opens the file below a directory that is held open. */
  open?(flags: number): number;
  readonly guard?: FileGuard;
}

/** The answer of `lstat` when the file was listed; another answer at reading time means the file changed. */
export interface FileGuard {
  readonly ino: number;
  readonly dev: number;
  readonly mtimeMs: number;
  readonly size: number;
}

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
