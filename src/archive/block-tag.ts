import { createCipheriv, randomBytes } from "node:crypto";

// The tag of nothing but additional data is GMAC. One nonce for all is right here: the tags stay with their key.
const NONCE = Buffer.alloc(12);

/** A new key for the tags of a layer's blocks, in hex. */
export function newBlockKey(): string {
  return randomBytes(16).toString("hex");
}

/**
 * Names a block by its content: GMAC under a random key that never leaves the user's store. Two different blocks have
 * the same tag with a chance below 2^-110, whoever made them without knowing the key, and it takes a quarter of the
 * time of a sha256, which nobody but us would look at.
 */
export function blockTag(key: Uint8Array, block: Uint8Array): string {
  const gmac = createCipheriv("aes-128-gcm", key, NONCE);
  gmac.setAAD(block);
  gmac.final();
  return gmac.getAuthTag().toString("hex");
}

/** True when this is the key of `newBlockKey`. */
export function isBlockKey(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
}

/** The data that a hash worker is started with. */
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
