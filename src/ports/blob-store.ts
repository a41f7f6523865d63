import type { Digest } from "../oci/digest.js";

/** The digest and size of a finished blob. */
export interface StoredBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** A blob while it is written. Nothing is visible to others until `commit` returns. */
export interface BlobWriter {
  /**
   * Appends bytes; the caller may reuse the buffer when the call returns. Throws a coded error when the disk is full.
   */
  write(chunk: Uint8Array): void;
  /** Makes the blob durable and visible (flush, then rename). Equal content that is already there wins. */
  commit(): Promise<StoredBlob>;
  /** Drops what was written. Safe to call after a failed or finished commit. */
  discard(): Promise<void>;
}

/** Options to read a blob. */
export interface ReadOptions {
  /** Each chunk is used up before the next one is asked for, so that all of them may be the same memory. */
  readonly transient?: boolean;
  /** Bytes that the blob has to have, where they are known: a blob of another size is damaged before it is read. */
  readonly size?: number;
  /** A blob that this store itself wrote a moment ago is copied straight on, and need not be verified for that. */
  readonly trustOwn?: boolean;
  /** Whoever gets the bytes checks them against the digest, as a registry does, so that it is not done here too. */
  readonly receiverChecks?: boolean;
}

/** Options to wait for others who share the store. */
export interface StoreWait {
  readonly signal?: AbortSignal | undefined;
  /** Told once, when there is somebody to wait for. */
  readonly onWait?: (() => void) | undefined;
}

/**
 * A content-addressed store with small records beside the blobs. Shared by concurrent builds. What comes out is
 * verified: a damaged blob is dropped and reported as absent or as an `IntegrityError`, never handed on.
 */
export interface BlobStore {
  writer(): Promise<BlobWriter>;
  /** The size in bytes of a blob that is present, without verifying its content. */
  stat(digest: Digest): Promise<number | undefined>;
  /**
   * The bytes of a blob in order, verified: the last step throws `BLOB_DAMAGED` (and the blob is dropped) when digest
   * or size differ.
   */
  read(digest: Digest, options?: ReadOptions): AsyncIterable<Uint8Array>;
  /**
   * Opens a blob to read some of it, unverified: who reads has to know what to expect. Undefined where there is none.
   */
  openParts(digest: Digest): Promise<BlobParts | undefined>;
  /** A small JSON value stored under a key, or undefined when absent or unreadable. */
  getRecord(kind: string, key: string): Promise<unknown>;
  /** Stores a small JSON value. A later value replaces an earlier one. */
  putRecord(kind: string, key: string, value: unknown): Promise<void>;
  /**
   * Runs work that nobody else who shares the store does under the same name at the same time: the others wait. A
   * holder that died is waited for no longer, so in rare cases (a machine that was suspended) two do the work after
   * all.
   */
  alone<Result>(name: string, work: () => Promise<Result>, wait?: StoreWait): Promise<Result>;
  /** A new empty scratch file for random access, removed by `dispose` or, after a crash, by a later run. */
  scratchFile(): Promise<ScratchFile>;
}

/** A blob that is read in any order. */
export interface BlobParts {
  /** Fills the target from an offset of the blob, and gives how many bytes there were. */
  read(target: Uint8Array, offset: number): number;
  close(): void;
}

/** A temporary file of the store. */
export interface ScratchFile {
  readonly path: string;
  dispose(): Promise<void>;
}
