// Pull, push and copy against crane on the same real registry, in turns, as ratios. See bench/README.md.
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measure, median } from "../measure.mjs";
import { findPeers, versionOf } from "../peers.mjs";
import { paired } from "../report.mjs";
import { preparePackage } from "../workloads.mjs";
import { openContests } from "./contests.mjs";
import { startCounter, startRegistry } from "./server.mjs";

/** Peak memory of ours in every contest, in MB. */
const MEMORY_CEILING = 200;

const options = {
  rounds: { type: "string", default: "5" },
  settle: { type: "string", default: "3" },
  json: { type: "boolean", default: false },
};
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const rounds = Number(values.rounds);
const settle = Number(values.settle);
const work = process.env.LAYERWRIGHT_BENCH
  ? resolve(process.env.LAYERWRIGHT_BENCH)
  : fileURLToPath(new URL("../work", import.meta.url));
const scratch = join(work, "registry-scratch");
const { crane } = findPeers();
if (crane === undefined) {
  console.error("there is no crane here: run scripts/peers/up");
  process.exit(2);
}

rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
const home = await preparePackage(work);
cpSync(fileURLToPath(new URL("scripts", import.meta.url)), join(home, "registry/scripts"), {
  recursive: true,
});
const registry = await startRegistry(join(work, "registry-server"));
const counter = await startCounter(registry);
const results = [];
try {
  for (const contest of await openContests({ work, home, scratch, crane, registry })) {
    if (positionals.length > 0 && !positionals.includes(contest.name)) continue;
    results.push(await compete(contest));
  }
} finally {
  counter.stop();
  registry.stop();
  rmSync(scratch, { recursive: true, force: true });
  rmSync(join(work, "registry-server"), { recursive: true, force: true });
}
if (values.json) console.log(JSON.stringify(results, undefined, 2));
else report(results);

/** One round for the warm-up and for the bytes, by way of what counts them; then the timed ones, straight. */
async function compete(contest) {
  const runs = { ours: [], crane: [] };
  const sent = {};
  for (let round = 0; round <= rounds; round++) {
    for (const side of round % 2 === 0 ? ["ours", "crane"] : ["crane", "ours"]) {
      contest.before?.();
      const host = round === 0 ? counter.host : registry.host;
      process.stderr.write(`round ${round} of ${rounds}: ${contest.title}, ${side}\n`);
      const figures = await runSide(contest, side, host, `${side}-${round}`);
      if (round === 0) sent[side] = counter.sent();
      else runs[side].push(figures);
    }
  }
  const { name, title, mostSent } = contest;
  return { name, title, mostSent, runs, sent };
}

async function runSide(contest, side, host, round) {
  const at = { scratch, settle };
  if (side === "crane") return measure("sh", ["-c", contest.crane(host, round)], at);
  const { command, env } = contest.ours(host, round);
  return measure(command[0], command[1], { ...at, env });
}

function report(all) {
  console.log(
    `${new Date().toISOString().slice(0, 16)}  ${availableParallelism()} x ${cpus()[0]?.model}, Node ${process.version}, crane ${versionOf(crane, "crane")}, docker-registry`,
  );
  console.log(
    `Whole processes, medians of ${rounds} rounds in turns; bytes sent by way of a relay in a round of its own.`,
  );
  for (const { title, runs, sent, mostSent } of all) {
    const wall = (side) => median(runs[side].map((run) => run.wall)).toFixed(2);
    const ratio = paired(runs.crane, runs.ours, "wall");
    const memory = Math.max(...runs.ours.map((run) => run.memory));
    const share = sent.ours / sent.crane;
    const goal =
      mostSent === undefined
        ? ""
        : `, at most ${mostSent.toFixed(2)}: ${share <= mostSent ? "ok" : "TOO MANY"}`;
    console.log(`\n${title}`);
    console.log(
      `  ours ${wall("ours")} s, crane ${wall("crane")} s: ${ratio.toFixed(2)}x as fast, floor 1x: ${ratio >= 1 ? "ok" : "BELOW"}`,
    );
    console.log(
      `  sent ${(sent.ours / 1e6).toFixed(2)} MB, crane ${(sent.crane / 1e6).toFixed(2)} MB (${share.toFixed(2)}${goal})`,
    );
    console.log(
      `  peak ${memory.toFixed(0)} MB, at most ${MEMORY_CEILING}: ${memory <= MEMORY_CEILING ? "ok" : "ABOVE"}`,
    );
  }
}
