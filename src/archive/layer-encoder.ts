import type { LayerEncoding } from "../oci/manifest.js";

/**
 * The compression of layer blobs. Blocks are compressed each on its own, so the bytes do not depend on the number
 * of cores, and a block that came before can be used again.
 */
export interface LayerEncoder {
  readonly encoding: LayerEncoding;
  /**
   * Everything the compressed bytes depend on beside the input: kind, implementation and version, level, block
   * rule. Part of cache keys; two encoders with one id give the same bytes.
   */
  readonly id: string;
  /** True when compressed blocks are worth keeping for a later build. */
  readonly reusable: boolean;
  /** Blocks that are compressed at the same time. */
  readonly parallel: number;
  /** Starts the compression of one blob. */
  open(): EncodeSession;
}

/** The compression of one blob. */
export interface EncodeSession {
  /** Bytes before the first block. */
  readonly header: Uint8Array;
  /** Takes note of the next raw block, in order: of every block, compressed now or reused. */
  note(block: Uint8Array): void;
  /**
   * Compresses one block. The block must stay unchanged until the result is there, and the result is valid until
   * `encode` is called `parallel` more times.
   */
  encode(block: Uint8Array): Promise<Uint8Array>;
  /** Unpacks what `encode` gave into a block of the size it had; fails where it does not fill the block. At most `parallel` at a time. */
  decode(bytes: Uint8Array, block: Uint8Array): Promise<void>;
  /** Bytes after the last block. */
  trailer(): Uint8Array;
  /** Frees what the session holds; also after a failure. */
  close(): Promise<void>;
}

const NOTHING = new Uint8Array(0);

const session: EncodeSession = {
  header: NOTHING,
  note() {},
  encode: (block) => Promise.resolve(block),
  async decode(bytes, block) {
    block.set(bytes);
  },
  trailer: () => NOTHING,
  async close() {},
};

/** No compression: the blob is the tar. */
export const plainEncoder: LayerEncoder = {
  encoding: "none",
  id: "none",
  reusable: false,
  parallel: 1,
  open: () => session,
};
