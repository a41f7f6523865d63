// Lists and reads a context below its open directory, and the same by names, in turns. See bench/README.md.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const options = {
  rounds: { type: "string", default: "15" },
  files: { type: "string", default: "10000" },
};
const { values } = parseArgs({ options });
const source = fileURLToPath(new URL("../src", import.meta.url));
const work = mkdtempSync(join(process.env.LAYERWRIGHT_BENCH ?? tmpdir(), "lw-context-"));
try {
  writeTree(join(work, "context"), Number(values.files));
  const contestants = { held: await loadReader("held"), named: byName(await loadReader("named")) };
  report(compete(contestants, Number(values.rounds)));
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Writes files like those of installed packages: ten a directory, up to five directories deep, 0.5 to 8 KB each. */
function writeTree(top, files) {
  for (let index = 0; index < files; index++) {
    const [directory, leaf] = [Math.floor(index / 10), index % 10];
    const depth = directory % 4;
    const nested = ["dist", "esm", "internal"].slice(0, depth).join("/");
    const path = join(top, `node_modules/package-${Math.floor(directory / 4)}`, nested, `file-${leaf}.js`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.alloc(512 + ((index * 7919) % 7680), 97 + (index % 26)));
  }
}

/** What lists and reads contexts, with classes of its own. */
async function loadReader(name) {
  const outfile = join(work, `${name}.mjs`);
  const modules = ["adapters/files-node/node-files", "archive/tar-blocks", "archive/held-directory"];
  const contents = modules.map((module) => `export * from ${JSON.stringify(join(source, `${module}.ts`))};`);
  const stdin = { contents: contents.join("\n"), resolveDir: source, loader: "ts" };
  await build({ stdin, outfile, bundle: true, platform: "node", format: "esm", logLevel: "warning" });
  return import(pathToFileURL(outfile));
}

/** The same code, made to reach everything by its path from the top. */
function byName(reader) {
  reader.HeldDirectory.prototype.within = (place, act) => {
    place.named ??= place.path;
    return act(place.named);
  };
  return reader;
}

function compete(contestants, rounds) {
  const runs = [];
  for (let round = -2; round < rounds; round++) {
    const entries = Object.entries(contestants);
    if (round % 2 === 0) entries.reverse();
    const times = Object.fromEntries(entries.map(([name, reader]) => [name, readOnce(reader)]));
    if (round >= 0) runs.push(times);
  }
  return runs;
}

function readOnce({ NodeFiles, tarBlocks }) {
  const before = process.cpuUsage();
  const passed = () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const [{ entries }] = new NodeFiles({ main: join(work, "context") }).list(undefined, ".", []);
  const listed = passed();
  const items = entries.map(({ path, type, mode, size, host }) => ({
    entry: { path, type, mode, size, uid: 0, gid: 0, mtime: 0 },
    content: type === "file" ? host : undefined,
  }));
  for (const _block of tarBlocks(items));
  return { listed, all: passed() };
}

function report(runs) {
  const median = (numbers) => numbers.sort((left, right) => left - right)[Math.floor(numbers.length / 2)];
  for (const [phase, text] of Object.entries({ listed: "listing", all: "listing and reading" })) {
    const [held, named] = ["held", "named"].map((name) => median(runs.map((run) => run[name][phase])));
    const ratio = median(runs.map((run) => run.held[phase] / run.named[phase]));
    console.log(`${text}: held ${held.toFixed(0)} ms, by name ${named.toFixed(0)} ms, ${ratio.toFixed(2)}x`);
  }
}
