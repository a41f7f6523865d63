import { parentPort, workerData } from "node:worker_threads";
import { loadWasmZstd } from "./wasm-zstd.js";
import type { ZstdReply, ZstdRequest, ZstdWorkerData } from "./zstd-messages.js";

// A worker thread's whole program: compress the block in the slot, answer with the size of the result.
const { level } = workerData as ZstdWorkerData;
const port = parentPort!;

port.on("message", (request: ZstdRequest) => {
  compress(request).then(
    (size) => port.postMessage({ id: request.id, size } satisfies ZstdReply),
    (error) => port.postMessage({ id: request.id, size: 0, failure: String(error) } satisfies ZstdReply),
  );
});

async function compress({ slot, size }: ZstdRequest): Promise<number> {
  const codec = await loadWasmZstd();
  const result = codec.compress(new Uint8Array(slot, 0, size), level);
  new Uint8Array(slot).set(result);
  return result.length;
}
