// One thread of zstd. It uses the codec's own module: the package's `compress` makes new memory for every block.
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";

const codec = await createRequire(import.meta.url)("@foxglove/wasm-zstd/dist/wasm-zstd.js")();
const room = codec._compressBound(workerData.block);
const source = codec._malloc(workerData.block);
const target = codec._malloc(room);

parentPort.on("message", ({ slot, memory, size }) => {
  const bytes = new Uint8Array(memory);
  codec.HEAPU8.set(bytes.subarray(0, size), source);
  const found = codec._compress(target, room, source, size, 3);
  if (found <= 0 || found > bytes.length) throw new Error(`zstd gave ${found}`);
  bytes.set(codec.HEAPU8.subarray(target, target + found));
  parentPort.postMessage({ slot, size: found });
});
