import { availableParallelism } from "node:os";
import { BLOCK_CUTS, TAR_BLOCK_SIZE } from "../../tar/block-cuts.js";
import type { EncodeSession, LayerEncoder } from "./layer-encoder.js";
import { nativeZstd } from "./native-zstd.js";
import { type DecompressBlock, loadBlockDecompressor, loadWasmZstd, wasmZstdVersion } from "./wasm-zstd.js";
import { workerThreads, ZstdWorkers } from "./zstd-workers.js";

/**
 * Zstandard, every block a frame of its own. Node's own zstd where there is one (22.15 and later), else a
 * WebAssembly build of it in worker threads; the two give other bytes, so their ids differ.
 */
export function zstdEncoder(level: number): LayerEncoder {
  const native = nativeZstd();
  const parallel = native === undefined ? workerThreads() + 2 : Math.max(4, availableParallelism() + 2);
  const implementation =
    native === undefined
      ? `wasm-zstd/${wasmZstdVersion()}`
      : `node-zstd/${process.versions["zstd"] ?? "?"}+size`;
  return {
    encoding: "zstd",
    id: `zstd:${level};${implementation};${BLOCK_CUTS}`,
    reusable: true,
    parallel,
    open: () => (native === undefined ? new WasmSession(level, parallel) : new NativeSession(level, native)),
  };
}

/** Blocks that are compressed in this thread before workers are started: a small layer is done by then. */
const ALONE = 4;

abstract class ZstdSession implements EncodeSession {
  readonly header = new Uint8Array(0);
  #unpack: Promise<DecompressBlock> | undefined;

  note(): void {}
  abstract encode(block: Uint8Array): Promise<Uint8Array>;

  async decode(bytes: Uint8Array, block: Uint8Array): Promise<void> {
    // The frames of both implementations are the same to read, and this one needs no new memory for each.
    this.#unpack ??= loadBlockDecompressor(TAR_BLOCK_SIZE);
    (await this.#unpack)(bytes, block);
  }

  trailer(): Uint8Array {
    return this.header;
  }
  async close(): Promise<void> {}
}

class NativeSession extends ZstdSession {
  readonly #level: number;
  readonly #compress: (block: Uint8Array, level: number) => Promise<Uint8Array>;

  constructor(level: number, compress: (block: Uint8Array, level: number) => Promise<Uint8Array>) {
    super();
    this.#level = level;
    this.#compress = compress;
  }

  encode(block: Uint8Array): Promise<Uint8Array> {
    return this.#compress(block, this.#level);
  }
}

class WasmSession extends ZstdSession {
  readonly #level: number;
  readonly #parallel: number;
  #count = 0;
  #workers: ZstdWorkers | undefined;

  constructor(level: number, parallel: number) {
    super();
    this.#level = level;
    this.#parallel = parallel;
  }

  encode(block: Uint8Array): Promise<Uint8Array> {
    if (this.#count++ === ALONE) this.#workers = ZstdWorkers.start(this.#level);
    return this.#workers === undefined ? this.#here(block) : this.#workers.compress(block, this.#parallel);
  }

  async #here(block: Uint8Array): Promise<Uint8Array> {
    const codec = await loadWasmZstd();
    return codec.compress(block, this.#level);
  }

  override async close(): Promise<void> {
    await this.#workers?.stop();
  }
}
