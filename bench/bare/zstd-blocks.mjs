// zstd at level 3 in two threads with the WebAssembly codec, as Node 20 has none itself. Every block is a frame.
import { Worker } from "node:worker_threads";
import { BLOCK } from "./blocks.mjs";

const THREADS = 2;

/** A frame takes the place of its block in shared memory, so nothing is copied between threads. */
const ROOM = BLOCK + (BLOCK >> 7);

export function zstdBlocks() {
  const arrived = [];
  const shared = [];
  const workers = Array.from({ length: THREADS }, () => {
    const worker = new Worker(new URL("zstd-worker.mjs", import.meta.url), { workerData: { block: BLOCK } });
    return worker.on("message", ({ slot, size }) => arrived[slot](Buffer.from(shared[slot], 0, size)));
  });
  let turn = 0;
  return {
    head: Buffer.alloc(0),
    memory(slot) {
      shared[slot] = new SharedArrayBuffer(ROOM);
      return Buffer.from(shared[slot]);
    },
    compress(bytes, slot) {
      workers[turn++ % THREADS].postMessage({ slot, memory: shared[slot], size: bytes.length });
      return new Promise((resolve) => {
        arrived[slot] = resolve;
      });
    },
    tail: () => Buffer.alloc(0),
    close() {
      for (const worker of workers) worker.unref();
    },
  };
}
