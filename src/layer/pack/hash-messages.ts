/** A block to hash, from the start of shared memory, or the question for the digest of all. */
export type HashRequest =
  | {
      readonly memory: SharedArrayBuffer;
      /** Bytes of the block. */
      readonly size: number;
      /** Whether the digest of the block alone is wanted. */
      readonly alone: boolean;
    }
  | "digest";

/** The digest in hex, or nothing where none was wanted. Answers come in the order of the requests. */
export type HashReply = string;
