/** What a zstd worker is started with. */
export interface ZstdWorkerData {
  readonly level: number;
}

/** A block to compress; `slot` is shared memory that holds it and takes the result. */
export interface ZstdRequest {
  readonly id: number;
  readonly slot: SharedArrayBuffer;
  /** Bytes of the raw block. */
  readonly size: number;
}

/** The compressed block is in the request's slot; a failure has a message and no size. */
export interface ZstdReply {
  readonly id: number;
  readonly size: number;
  readonly failure?: string | undefined;
}

/** Bytes of the largest block. */
export const BLOCK_SIZE = 1 << 20;

/** Bytes of a slot: the worst case of a block (zstd's ZSTD_compressBound). */
export const SLOT_SIZE = BLOCK_SIZE + (1 << 13);
