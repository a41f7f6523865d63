// The planner of layers on synthetic catalogs, against all images with one plain policy. See bench/README.md.
import { mkdirSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const options = {
  images: { type: "string", default: "10,100,1000" },
  layers: { type: "string", default: "127,12" },
  atoms: { type: "string", default: "30" },
  seed: { type: "string", default: "1" },
  json: { type: "boolean", default: false },
};
const { values } = parseArgs({ options });
const work = process.env.LAYERWRIGHT_BENCH
  ? resolve(process.env.LAYERWRIGHT_BENCH)
  : fileURLToPath(new URL("../work", import.meta.url));
const planner = await loadPlanner();

const results = [];
for (const images of numbers(values.images)) {
  for (const maxLayers of numbers(values.layers)) results.push(contest(images, maxLayers));
}
if (values.json) console.log(JSON.stringify(results, undefined, 2));
else report(results);
if (results.some(({ faults, worse }) => faults > 0 || worse)) process.exitCode = 1;

/** The planner and the catalogs, compiled as the package is. */
async function loadPlanner() {
  mkdirSync(work, { recursive: true });
  const outfile = join(work, "layering.mjs");
  const modules = ["src/analyze/layering", "test/analyze/layering"].map((folder) =>
    fileURLToPath(new URL(`../../${folder}`, import.meta.url)),
  );
  const contents = [
    `export * from ${JSON.stringify(join(modules[0], "plan-layering.ts"))};`,
    `export * from ${JSON.stringify(join(modules[1], "judged-decisions.ts"))};`,
    `export * from ${JSON.stringify(join(modules[1], "synthetic-catalog.ts"))};`,
  ].join("\n");
  const stdin = { contents, resolveDir: modules[0], loader: "ts" };
  await build({ stdin, outfile, bundle: true, platform: "node", format: "esm", logLevel: "warning" });
  return import(pathToFileURL(outfile));
}

function contest(images, maxLayers) {
  const { allAll, checkDecisions, keepAll, layeringCost, ownAll, planLayering, syntheticCatalog } = planner;
  const atoms = Number(values.atoms);
  const problem = syntheticCatalog({ images, atoms, maxLayers, seed: Number(values.seed) });
  const before = process.cpuUsage();
  const start = performance.now();
  const decisions = planLayering(problem);
  const seconds = (performance.now() - start) / 1000;
  const processor = process.cpuUsage(before).user / 1e6;
  const cost = layeringCost(problem, decisions);
  const baselines = Object.entries({ keep: keepAll, own: ownAll, all: allAll }).map(([name, baseline]) => {
    const others = baseline(problem);
    return { name, ...layeringCost(problem, others), over: checkDecisions(problem, others).length };
  });
  return {
    ...{ images, maxLayers, seconds, processor, cost, baselines },
    faults: checkDecisions(problem, decisions).length,
    worse: baselines.some(({ total, over }) => over === 0 && total < cost.total),
  };
}

function report(all) {
  console.log(
    `${new Date().toISOString().slice(0, 16)}  ${availableParallelism()} x ${cpus()[0]?.model}, Node ${process.version}`,
  );
  console.log(
    `About ${values.atoms} atoms an image, seed ${values.seed}. Ratios are a policy for all / the planner: total (stored, update).`,
  );
  console.log(
    "A star: so many images would have more layers than allowed, so the planner may not do the same.\n",
  );
  for (const { images, maxLayers, seconds, processor, cost, baselines, faults, worse } of all) {
    const gigabytes = (bytes) => (bytes / 1e9).toFixed(3);
    console.log(
      `${images} images, at most ${maxLayers} layers: ${gigabytes(cost.total)} GB (${gigabytes(cost.stored)} stored, ${gigabytes(cost.update)} an update); ${seconds.toFixed(1)} s, ${processor.toFixed(1)} s of processor${faults > 0 ? `, ${faults} FAULTS` : ""}${worse ? ", WORSE" : ""}`,
    );
    for (const { name, stored, update, total, over } of baselines) {
      const ratio = (theirs, ours) => `${(theirs / ours).toFixed(2)}x`;
      console.log(
        `  all ${name.padEnd(4)} ${ratio(total, cost.total)} (${ratio(stored, cost.stored)}, ${ratio(update, cost.update)})${over > 0 ? ` *${over}` : ""}`,
      );
    }
  }
}

function numbers(text) {
  return text.split(",").map(Number);
}
