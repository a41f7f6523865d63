/**
 * Where the bytes of a file entry come from. Reading is synchronous on purpose: for trees of small files it
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

/** What `lstat` said when the file was listed; another answer at reading time means the file changed. */
export interface FileGuard {
  readonly ino: number;
  readonly dev: number;
  readonly mtimeMs: number;
  readonly size: number;
}
