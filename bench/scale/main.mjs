// How the command line grows with the catalog: 100, 1,000 and 10,000 images, 1,000 built ones. See bench/README.md.
import { mkdirSync, rmSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measure, median } from "../measure.mjs";
import { preparePackage } from "../workloads.mjs";
import { writeBuiltProject } from "./built-catalog.mjs";
import { writeProject } from "./catalog.mjs";
import { COMMANDS, MOST_BUILT } from "./commands.mjs";

/** What the largest catalog may take: seconds of wall time on an idle machine, and MB in the largest process. */
const CEILINGS = { wall: 60, memory: 1000 };

const options = {
  sizes: { type: "string", default: "100,1000,10000" },
  rounds: { type: "string", default: "3" },
  settle: { type: "string", default: "3" },
  json: { type: "boolean", default: false },
};
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const sizes = values.sizes.split(",").map(Number);
const [rounds, settle] = [Number(values.rounds), Number(values.settle)];
const commands = positionals.length === 0 ? Object.keys(COMMANDS) : positionals;
const wrong = commands.find((name) => !Object.hasOwn(COMMANDS, name));
if (wrong !== undefined || !sizes.every((size) => size >= 1) || !(rounds >= 1) || !(settle >= 0)) {
  console.error(
    `npm run bench:scale -- [${Object.keys(COMMANDS).join("] [")}] [--sizes N,N] [--rounds N] [--settle SECONDS] [--json]`,
  );
  process.exit(2);
}

const work = process.env.LAYERWRIGHT_BENCH
  ? resolve(process.env.LAYERWRIGHT_BENCH)
  : fileURLToPath(new URL("../work", import.meta.url));
const scratch = join(work, "scale-scratch");
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
const home = await preparePackage(work);
const results = [];
try {
  for (const size of sizes) {
    for (const built of [false, true]) {
      const chosen = commands.filter((name) => COMMANDS[name].built === built);
      if (chosen.length === 0 || (built && size > MOST_BUILT)) continue;
      const project = join(scratch, `${built ? "built" : "described"}-${size}`);
      const write = built ? writeBuiltProject : writeProject;
      write(project, size, join(home, "dist/index.js"));
      for (const command of chosen) results.push({ command, size, runs: await runs(command, project, size) });
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (values.json) console.log(JSON.stringify(results, undefined, 2));
else report();

/** Every run of `synth` writes all files anew. What a command says must be about every image. */
async function runs(command, cwd, size) {
  const done = [];
  const { args, told, before } = COMMANDS[command];
  const env = { LAYERWRIGHT_CACHE: join(scratch, "store") };
  const argsOf = (words) => [join(home, "dist/cli/main.js"), ...words, "--json"];
  // The images are in the store when the clock starts.
  if (before !== undefined) await measure(process.execPath, argsOf(before), { env, cwd, scratch, settle: 0 });
  for (let round = 0; round < rounds; round++) {
    rmSync(join(cwd, "layerwright.out"), { recursive: true, force: true });
    const run = { env, cwd, scratch, settle };
    const { stdout, ...figures } = await measure(process.execPath, argsOf(args), run);
    const count = told(JSON.parse(stdout), cwd);
    if (count !== size) throw new Error(`${command} told of ${count} of ${size} images`);
    done.push(figures);
  }
  return done;
}

function report() {
  console.log(
    `${new Date().toISOString().slice(0, 16)}  ${availableParallelism()} x ${cpus()[0]?.model}, Node ${process.version}`,
  );
  console.log(
    `Whole processes, medians of ${rounds} runs; times in seconds, memory of the largest process.\n`,
  );
  const rows = [["command", "images", "wall", "CPU", "peak MB", "CPU an image", "grows as"]];
  for (const { command, size, runs: all } of results) {
    const figure = (name) => median(all.map((run) => run[name]));
    const smaller = results.filter((it) => it.command === command && it.size < size).at(-1);
    rows.push([
      command,
      String(size),
      figure("wall").toFixed(1),
      figure("cpu").toFixed(1),
      figure("memory").toFixed(0),
      `${((figure("cpu") / size) * 1000).toFixed(2)} ms`,
      smaller === undefined ? "" : `n^${growth(smaller, size, figure("cpu")).toFixed(2)}`,
    ]);
  }
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  for (const row of rows)
    console.log(
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join("  "),
    );
  const last = commands.flatMap((name) => results.filter(({ command }) => command === name).slice(-1));
  for (const { command, size, runs: all } of last) {
    for (const [name, ceiling] of Object.entries(CEILINGS)) {
      const figure = median(all.map((run) => run[name]));
      if (figure > ceiling)
        console.log(`${command} of ${size} images: ${name} ${figure.toFixed(0)} > ${ceiling}`);
    }
  }
}

/** The exponent: 1 where twice the images take twice the time, 2 where they take four times as much. */
function growth({ size, runs: all }, larger, cpu) {
  return Math.log(cpu / median(all.map((run) => run.cpu))) / Math.log(larger / size);
}
