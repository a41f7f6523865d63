import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import * as zlib from "node:zlib";
import type { EncodeSession, LayerEncoder } from "./layer-encoder.js";
import { BLOCK_CUTS, TAR_BLOCK_SIZE } from "./tar-blocks.js";
import {
  type DecompressBlock,
  loadBlockDecompressor,
  loadWasmZstd,
  SLOT_SIZE,
  wasmZstdVersion,
  type ZstdReply,
  type ZstdRequest,
  type ZstdWorkerData,
} from "./wasm-zstd.js";

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

const program = new URL("./zstd-worker.js", import.meta.url);

/** Worker threads that compression uses: the cores, up to 8; each costs about 20 MB. */
function workerThreads(): number {
  return Math.min(8, Math.max(1, availableParallelism()));
}

/** A few threads that compress blocks with the WebAssembly codec, which cannot use Node's own thread pool. */
class ZstdWorkers {
  readonly #workers: Worker[];
  readonly #load: number[];
  readonly #slots: SharedArrayBuffer[] = [];
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #failure: Error | undefined;

  /**
   * Starts the threads; undefined where the program of the thread is not an ordinary file beside this one (run from
   * TypeScript, or bundled): the caller's own thread then does the same work.
   */
  static start(level: number): ZstdWorkers | undefined {
    return existsSync(fileURLToPath(program)) ? new ZstdWorkers(level) : undefined;
  }

  private constructor(level: number) {
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const count = workerThreads();
    this.#load = new Array<number>(count).fill(0);
    this.#workers = Array.from({ length: count }, (_, index) => {
      const worker = new Worker(program, { workerData: { level } satisfies ZstdWorkerData });
      worker.on("message", (reply: ZstdReply) => this.#finish(index, reply));
      worker.on("error", (error) => this.#fail(error as Error));
      worker.on("exit", (code) => this.#fail(new Error(`a zstd worker ended with code ${code}`)));
      return worker;
    });
  }

  /**
   * Compresses a copy of the block. The result lies in memory that is used again: it is valid until this is called
   * `slots` more times.
   */
  compress(block: Uint8Array, slots: number): Promise<Uint8Array> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    this.#slots[id % slots] ??= new SharedArrayBuffer(SLOT_SIZE);
    const slot = this.#slots[id % slots]!;
    new Uint8Array(slot).set(block);
    const worker = this.#leastLoaded();
    this.#load[worker]!++;
    this.#workers[worker]!.postMessage({ id, slot, size: block.length } satisfies ZstdRequest);
    return new Promise((resolve, reject) => this.#waiting.set(id, { slot, resolve, reject }));
  }

  async stop(): Promise<void> {
    for (const worker of this.#workers) worker.removeAllListeners();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
    this.#fail(new Error("the zstd workers were stopped"));
  }

  #leastLoaded(): number {
    let best = 0;
    for (let index = 1; index < this.#load.length; index++) {
      if (this.#load[index]! < this.#load[best]!) best = index;
    }
    return best;
  }

  #finish(worker: number, reply: ZstdReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    this.#waiting.delete(reply.id);
    this.#load[worker]!--;
    if (reply.failure !== undefined) {
      waiting.reject(new Error(reply.failure));
      return;
    }
    waiting.resolve(new Uint8Array(waiting.slot, 0, reply.size));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failure);
    this.#waiting.clear();
  }
}

interface Waiting {
  readonly slot: SharedArrayBuffer;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** The zstd of Node from 22.15 on; the project's type definitions are those of Node 20. */
interface NodeZstd {
  zstdCompress(
    bytes: Uint8Array,
    options: { chunkSize: number; pledgedSrcSize: number; params: Record<number, number> },
    done: (error: Error | null, result: Buffer) => void,
  ): void;
  readonly constants: { readonly ZSTD_c_compressionLevel: number };
}

/** The zstd of this Node, or undefined before 22.15. */
export function nativeZstd(): ((block: Uint8Array, level: number) => Promise<Uint8Array>) | undefined {
  const candidate = zlib as unknown as Partial<NodeZstd>;
  if (typeof candidate.zstdCompress !== "function") return undefined;
  const { zstdCompress, constants } = candidate as NodeZstd;
  return (block, level) =>
    new Promise((resolve, reject) => {
      // Room for the worst case, so that a block is one trip to the thread pool.
      const chunkSize = block.length + (block.length >>> 8) + 1024;
      // Node 26 states the size by itself and Node 24 does not: the same version of zstd would give other bytes.
      const pledgedSrcSize = block.length;
      const options = { chunkSize, pledgedSrcSize, params: { [constants.ZSTD_c_compressionLevel]: level } };
      zstdCompress(block, options, (error, result) => (error === null ? resolve(result) : reject(error)));
    });
}
