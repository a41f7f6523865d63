import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { SLOT_SIZE, type ZstdReply, type ZstdRequest, type ZstdWorkerData } from "./zstd-messages.js";

const program = new URL("./zstd-worker.js", import.meta.url);

/** Worker threads that compression uses: the cores, up to 8; each costs about 20 MB. */
export function workerThreads(): number {
  return Math.min(8, Math.max(1, availableParallelism()));
}

/** A few threads that compress blocks with the WebAssembly codec, which cannot use Node's own thread pool. */
export class ZstdWorkers {
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
