// The bench: our builds against the peers that are on this machine, in one run, in turns. See bench/README.md.
import { mkdirSync, rmSync, statSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findBare } from "./bare-peers.mjs";
import { checkImage } from "./check-image.mjs";
import { builds, openContest } from "./contests.mjs";
import { hasGnuTime, measure, prepare } from "./measure.mjs";
import { findPeers, versionOf } from "./peers.mjs";
import { printReport } from "./report.mjs";
import { findBuildKit } from "./run-peers.mjs";
import { preparePackage } from "./workloads.mjs";

const options = {
  rounds: { type: "string", default: "3" },
  settle: { type: "string", default: "3" },
  peers: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
};

const { values, positionals } = parseArgs({ options, allowPositionals: true });
const usage = `npm run bench -- [NAME...] [--rounds N] [--settle SECONDS] [--peers NAME,NAME] [--json]
NAME is one of ${Object.keys(builds).join(", ")}; all of them when none is given.`;

if (values.help) {
  console.log(usage);
  process.exit(0);
}
const names = positionals.length === 0 ? Object.keys(builds) : positionals;
const rounds = Number(values.rounds);
const settle = Number(values.settle);
const wrong = names.find((name) => !Object.hasOwn(builds, name));
if (wrong !== undefined || !(rounds >= 1) || !(settle >= 0)) {
  console.error(wrong === undefined ? usage : `There is no workload ${JSON.stringify(wrong)}.\n${usage}`);
  process.exit(2);
}

const work = process.env.LAYERWRIGHT_BENCH
  ? resolve(process.env.LAYERWRIGHT_BENCH)
  : fileURLToPath(new URL("work", import.meta.url));
const scratch = join(work, "scratch");
const say = (text) => process.stderr.write(`${text}\n`);

mkdirSync(work, { recursive: true });
const home = await preparePackage(work);
const peers = onlyWanted({ ...findPeers(), buildkit: findBuildKit(), bare: findBare() });
const missing = ["crane", "umoci", "buildah", "buildkit", "gzip", "pigz"].filter(
  (name) => peers[name] === undefined,
);

function onlyWanted(found) {
  const wanted = values.peers === undefined ? undefined : new Set(["tar", ...values.peers.split(",")]);
  return Object.fromEntries(
    Object.entries(found).filter(([name, one]) => one !== undefined && (wanted?.has(name) ?? true)),
  );
}

const results = [];
const failures = [];
for (const input of new Set(Object.values(builds))) {
  const mine = names.filter((name) => builds[name] === input);
  if (mine.length === 0) continue;
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const contest = await openContest(input, mine, { work, home, peers });
  try {
    results.push(...(await compete(contest)));
  } finally {
    for (const contestant of contest.peers) contestant.end?.();
    rmSync(scratch, { recursive: true, force: true });
  }
}

const about = {
  date: new Date().toISOString().slice(0, 16),
  node: process.version,
  zlib: process.versions.zlib,
  cores: availableParallelism(),
  processor: cpus()[0]?.model ?? "unknown",
  memoryGB: Math.round(totalmem() / 1e9),
  rounds,
  peers: Object.fromEntries(Object.entries(peers).map(([name, one]) => [name, versionOf(one, name)])),
  missing,
  measured: hasGnuTime ? ["wall", "cpu", "memory"] : ["wall"],
};
if (values.json) console.log(JSON.stringify({ about, results, failures }, undefined, 2));
else printReport(about, results, failures);
process.exitCode = failures.length === 0 ? 0 : 1;

/** One round to warm up and check, then the measured ones; every contestant once a round, in turning order. */
async function compete({ ours, peers: others }) {
  const all = [...ours, ...others, ...ours.flatMap((build) => build.peers)];
  const runs = new Map(all.map((contestant) => [contestant, []]));
  const facts = new Map();
  const order = [...runs.keys()];
  for (let round = 0; round <= rounds; round++) {
    for (const contestant of order) {
      if (!runs.has(contestant)) continue;
      say(`round ${round} of ${rounds}: ${contestant.title ?? contestant.name}`);
      try {
        const figures = contestant.command
          ? await runOurs(contestant, round, facts)
          : await runPeer(contestant, facts);
        if (round > 0) runs.get(contestant).push(figures);
      } catch (error) {
        say(`${contestant.title ?? contestant.name}: ${error.message}`);
        runs.delete(contestant);
        // A peer that fails is a peer that is missing; a build of ours that fails is a failure.
        if (contestant.command) failures.push({ build: contestant.name, message: error.message });
        else missing.push(`${contestant.title ?? contestant.name} (it failed)`);
      }
    }
    order.push(order.shift());
  }
  for (const build of ours) {
    const entries = facts.get(build)?.entries;
    for (const other of [...others, ...build.peers]) {
      const expected = facts.get(other)?.entries;
      if (expected === undefined || entries === undefined || entries === expected) continue;
      const message = `it has ${entries} entries, and ${other.name} ${expected}`;
      failures.push({ build: build.name, message });
    }
  }
  const done = (contestant) => runs.has(contestant);
  return ours.filter(done).map((build) => ({
    name: build.name,
    title: build.title,
    floors: build.floors,
    ceiling: build.ceiling,
    runs: runs.get(build),
    ...facts.get(build),
    peers: [...others, ...build.peers]
      .filter(done)
      .map((other) => ({ id: other.id, name: other.name, daemon: other.daemon, runs: runs.get(other) })),
  }));
}

async function runOurs(build, round, facts) {
  // A warm build follows one that filled the store, also in the first round.
  if (build.warm && round === 0) {
    rmSync(build.env.LAYERWRIGHT_CACHE, { recursive: true, force: true });
    build.before(-1);
    await prepare(...build.command, { env: build.env });
  }
  build.before(round);
  await prepare("sync", []);
  const [command, args] = build.command;
  const { stdout, ...figures } = await measure(command, args, { env: build.env, scratch, settle });
  const { digest, layers } = JSON.parse(stdout);
  const size = statSync(build.output).size;
  const known = facts.get(build);
  // Of a build that varies every output is looked at, and of the others the first: the rest have to have its digest.
  if (known === undefined || build.varies) {
    const found = await checkImage(build.output);
    if (found.digest !== digest) throw new Error(`it says ${digest}, and the archive has ${found.digest}`);
    const entries = found.layers.reduce((sum, layer) => sum + layer.entries, 0);
    facts.set(build, {
      digest,
      size,
      entries,
      unpacked: layers.reduce((sum, layer) => sum + (layer.uncompressedSize ?? 0), 0),
    });
  } else if (digest !== known.digest || size !== known.size) {
    throw new Error(`two builds of the same gave ${known.digest} and ${digest}`);
  }
  if (
    ["warm", "run-ten"].includes(build.name) &&
    layers.some(({ cached, inherited }) => !cached && !inherited)
  )
    throw new Error("nothing changed, and it was built again");
  return figures;
}

async function runPeer(peer, facts) {
  for (const output of peer.outputs) rmSync(output, { recursive: true, force: true });
  await prepare("sync", []);
  const { stdout, ...figures } = await measure("sh", ["-c", peer.script], { scratch, settle });
  if (peer.check !== undefined && statSync(peer.check).size === 0) throw new Error(`${peer.check} is empty`);
  if (peer.count !== undefined && !facts.has(peer)) facts.set(peer, { entries: await peer.count(stdout) });
  await peer.after?.();
  for (const output of peer.outputs) rmSync(output, { recursive: true, force: true });
  return figures;
}
