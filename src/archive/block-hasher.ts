import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { blockTag, type HashReply, type HashRequest, type HashWorkerData } from "./block-tag.js";

const program = new URL("./hash-worker.js", import.meta.url);

/** Below this a thread takes longer to start than it saves. */
const THREAD_ABOVE = 96 << 20;

/** Takes the sha256 of all blocks together, in hex, and where a key is given a tag of each (see block-tag.ts). */
interface BlockHasher {
  /** New memory for blocks, which `add` is given. */
  allocate(size: number): Buffer;
  /** Takes the next block, which must stay unchanged until the promise is settled; its tag, or nothing without a key. */
  add(block: Buffer): Promise<string>;
  digest(): Promise<string>;
  /** Frees what the hasher holds; also after a failure. */
  close(): Promise<void>;
}

/**
 * The hasher for about this many bytes: for many a thread, where there is a core for it. Run from TypeScript, or
 * bundled into another program, there is none for a thread, and the same work is done here.
 */
export function blockHasher(expectedSize: number, blockKey?: string): BlockHasher {
  const threaded =
    expectedSize >= THREAD_ABOVE && availableParallelism() > 1 && existsSync(fileURLToPath(program));
  return threaded ? new ThreadHasher(blockKey) : new OwnHasher(blockKey);
}

/** Hashes in this thread. */
class OwnHasher implements BlockHasher {
  readonly #all = createHash("sha256");
  readonly #key: Buffer | undefined;

  constructor(blockKey: string | undefined) {
    this.#key = blockKey === undefined ? undefined : Buffer.from(blockKey, "hex");
  }

  allocate(size: number): Buffer {
    return Buffer.allocUnsafeSlow(size);
  }

  add(block: Buffer): Promise<string> {
    this.#all.update(block);
    return Promise.resolve(this.#key === undefined ? "" : blockTag(this.#key, block));
  }

  async digest(): Promise<string> {
    return this.#all.digest("hex");
  }

  async close(): Promise<void> {}
}

interface Waiting {
  resolve(hex: string): void;
  reject(error: Error): void;
}

/** Hashes in a thread, out of shared memory. */
class ThreadHasher implements BlockHasher {
  readonly #worker: Worker;
  /** In the order of the requests, which is the order of the answers. */
  readonly #waiting: Waiting[] = [];
  #failure: Error | undefined;

  constructor(blockKey: string | undefined) {
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    this.#worker = new Worker(program, { workerData: { blockKey } satisfies HashWorkerData });
    this.#worker.on("message", (hex: HashReply) => this.#waiting.shift()?.resolve(hex));
    this.#worker.on("error", (error) => this.#fail(error as Error));
    this.#worker.on("exit", (code) => this.#fail(new Error(`the hash worker ended with code ${code}`)));
  }

  allocate(size: number): Buffer {
    return Buffer.from(new SharedArrayBuffer(size));
  }

  add(block: Buffer): Promise<string> {
    return this.#ask({ memory: block.buffer as SharedArrayBuffer, size: block.length });
  }

  digest(): Promise<string> {
    return this.#ask("digest");
  }

  async close(): Promise<void> {
    this.#worker.removeAllListeners();
    await this.#worker.terminate();
    this.#fail(new Error("the hash worker was stopped"));
  }

  #ask(request: HashRequest): Promise<string> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#worker.postMessage(request);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure);
  }
}
