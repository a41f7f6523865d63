import { parentPort, workerData } from "node:worker_threads";
import {
  BLOCK_SIZE,
  type CompressInPlace,
  loadBlockCompressor,
  type ZstdReply,
  type ZstdRequest,
  type ZstdWorkerData,
} from "./wasm-zstd.js";

// A worker thread's whole program: compress the block in the slot, answer with the size of the result.
const { level } = workerData as ZstdWorkerData;
const port = parentPort!;
let loading: Promise<CompressInPlace> | undefined;

port.on("message", (request: ZstdRequest) => {
  compress(request).then(
    (size) => port.postMessage({ id: request.id, size } satisfies ZstdReply),
    (error) => port.postMessage({ id: request.id, size: 0, failure: String(error) } satisfies ZstdReply),
  );
});

async function compress({ slot, size }: ZstdRequest): Promise<number> {
  loading ??= loadBlockCompressor(BLOCK_SIZE);
  const compressInPlace = await loading;
  return compressInPlace(new Uint8Array(slot), size, level);
}
