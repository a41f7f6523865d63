import { createRequire } from "node:module";

/** The part of `@foxglove/wasm-zstd` that is used: one-shot compression and decompression, synchronous. */
interface WasmZstd {
  compress(bytes: Uint8Array, level: number): Uint8Array;
  decompress(bytes: Uint8Array, size: number): Uint8Array;
}

let loading: Promise<WasmZstd> | undefined;

/** Loads the WebAssembly codec when it is first needed: 5 to 20 ms that builds without zstd do not pay. */
export function loadWasmZstd(): Promise<WasmZstd> {
  loading ??= load();
  return loading;
}

/** Compresses a block where it lies: the result takes its place, if there is room, and its size is given back. */
export type CompressInPlace = (memory: Uint8Array, size: number, level: number) => number;

/** The part of the package's own module that its `compress` is made of. */
interface WasmModule {
  readonly HEAPU8: Uint8Array;
  _malloc(size: number): number;
  _compressBound(size: number): number;
  _compress(to: number, room: number, from: number, size: number, level: number): number;
  _decompress(to: number, room: number, from: number, size: number): number;
}

/** Unpacks a frame into a block that it fills. */
export type DecompressBlock = (bytes: Uint8Array, block: Uint8Array) => void;

/** Loads the codec for many frames of at most `blockSize` bytes, packed and unpacked. */
export async function loadBlockDecompressor(blockSize: number): Promise<DecompressBlock> {
  const open = require("@foxglove/wasm-zstd/dist/wasm-zstd.js") as () => Promise<WasmModule>;
  const wasm = await open();
  const room = wasm._compressBound(blockSize);
  const from = wasm._malloc(room);
  const to = wasm._malloc(blockSize);
  return (bytes, block) => {
    const { length } = block;
    if (bytes.length > room || length > blockSize) throw new Error("a block is too large");
    wasm.HEAPU8.set(bytes, from);
    const found = wasm._decompress(to, length, from, bytes.length);
    if (found !== length) throw new Error("a block unpacks to another size");
    block.set(wasm.HEAPU8.subarray(to, to + length));
  };
}

/**
 * Loads the codec for many blocks of at most `blockSize` bytes. The package's `compress` gives each result in new
 * memory, which takes a fifth as long as to compress it; here the codec's own memory is used again and again.
 */
export async function loadBlockCompressor(blockSize: number): Promise<CompressInPlace> {
  const open = require("@foxglove/wasm-zstd/dist/wasm-zstd.js") as () => Promise<WasmModule>;
  const wasm = await open();
  const room = wasm._compressBound(blockSize);
  const from = wasm._malloc(blockSize);
  const to = wasm._malloc(room);
  return (memory, size, level) => {
    wasm.HEAPU8.set(memory.subarray(0, size), from);
    const found = wasm._compress(to, room, from, size, level);
    if (found < 0 || found > memory.length) throw new Error("zstd could not compress a block");
    memory.set(wasm.HEAPU8.subarray(to, to + found));
    return found;
  };
}

/** Version of the codec's package; part of encoder ids. */
export function wasmZstdVersion(): string {
  return (require("@foxglove/wasm-zstd/package.json") as { version: string }).version;
}

const require = createRequire(import.meta.url);

async function load(): Promise<WasmZstd> {
  const codec = require("@foxglove/wasm-zstd") as WasmZstd & { isLoaded: Promise<unknown> };
  await codec.isLoaded;
  return codec;
}

/** The data that a zstd worker is started with. */
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
