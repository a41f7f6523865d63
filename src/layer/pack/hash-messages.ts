/** What a hash worker is started with. */
export interface HashWorkerData {
  /** The key of the blocks' tags, in hex; without one no block gets a tag. */
  readonly blockKey: string | undefined;
}

/** A block to hash, from the start of shared memory, or the question for the digest of all. */
export type HashRequest =
  | {
      readonly memory: SharedArrayBuffer;
      /** Bytes of the block. */
      readonly size: number;
    }
  | "digest";

/** The digest in hex or the tag, or nothing where none is wanted. Answers come in the order of the requests. */
export type HashReply = string;
