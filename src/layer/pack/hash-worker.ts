import { createHash } from "node:crypto";
import { parentPort } from "node:worker_threads";
import type { HashReply, HashRequest } from "./hash-messages.js";

// A worker thread's whole program: the digest of each block, and of all of them together.
const port = parentPort!;
const all = createHash("sha256");

port.on("message", (request: HashRequest) => {
  port.postMessage(answer(request) satisfies HashReply);
});

function answer(request: HashRequest): string {
  if (request === "digest") return all.digest("hex");
  const block = new Uint8Array(request.memory, 0, request.size);
  all.update(block);
  return request.alone ? createHash("sha256").update(block).digest("hex") : "";
}
