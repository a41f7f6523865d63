import { createHash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { blockTag, type HashReply, type HashRequest, type HashWorkerData } from "./block-tag.js";

// A worker thread's whole program: the tag of each block, and the digest of all of them together.
const port = parentPort!;
const { blockKey } = workerData as HashWorkerData;
const key = blockKey === undefined ? undefined : Buffer.from(blockKey, "hex");
const all = createHash("sha256");

port.on("message", (request: HashRequest) => {
  port.postMessage(answer(request) satisfies HashReply);
});

function answer(request: HashRequest): string {
  if (request === "digest") return all.digest("hex");
  const block = new Uint8Array(request.memory, 0, request.size);
  all.update(block);
  return key === undefined ? "" : blockTag(key, block);
}
