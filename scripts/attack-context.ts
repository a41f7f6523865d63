/**
 * Reads contexts whose files, directories, parents and matches a second thread swaps for links all the while, and
 * counts the images that hold files from outside: none may. `npm run attack:context -- 20000` says how many rounds.
 */
import { Worker } from "node:worker_threads";
import { OUTSIDE, readSource, SWAPS, SwappedContext } from "../test/attacks/swapped-context.js";

/** The thread that swaps. JavaScript in text, because no loader of TypeScript is sure to be there in a thread. */
const SWAPPER = `
  const { renameSync } = require("node:fs");
  const { parentPort, workerData } = require("node:worker_threads");
  const { paths: { real, link, kept }, stop } = workerData;
  parentPort.postMessage("ready");
  while (Atomics.load(stop, 0) === 0) {
    renameSync(real, kept);
    renameSync(link, real);
    renameSync(real, link);
    renameSync(kept, real);
  }`;

await attack(Number(process.argv[2] ?? 20_000));

async function attack(rounds: number): Promise<void> {
  const each = Math.ceil(rounds / SWAPS.length);
  const total = { rounds: 0, outside: 0, read: 0, refused: 0 };
  for (const swap of SWAPS) {
    const tree = new SwappedContext(swap);
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(SWAPPER, { eval: true, workerData: { paths: tree.paths, stop } });
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    await new Promise((resolve) => worker.once("message", resolve));
    const counts = { outside: 0, read: 0, refused: 0 };
    for (let round = 0; round < each; round++) {
      const result = await readSource(tree.context, swap.source);
      if (typeof result === "string") counts.refused++;
      else {
        counts.read++;
        if (result.includes(OUTSIDE)) counts.outside++;
      }
    }
    Atomics.store(stop, 0, 1);
    await ended;
    tree.remove();
    console.log(
      `${swap.title}: ${each} rounds, ${counts.read} read, ${counts.refused} refused, ${counts.outside} outside`,
    );
    total.rounds += each;
    for (const key of ["outside", "read", "refused"] as const) total[key] += counts[key];
  }
  console.log(
    `${total.rounds} rounds, ${total.read} read, ${total.refused} refused, ${total.outside} with files from outside`,
  );
  if (total.outside > 0) process.exitCode = 1;
}
