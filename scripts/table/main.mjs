// The table of tiny images, for real: builds every row four ways and prints the sizes side by side.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, homedir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { say } from "./say.mjs";

const usage = `npm run table -- [ROW...] [options]

ROW is a letter; all of them when none is given, and then docs/tiny-images.md is written.

  --without A,B   leaves rows out
  --mirror URL    the Debian archive that the base is made from (default: the machine's own; LAYERWRIGHT_TABLE_MIRROR)
  --no-cache      runs every command again
  --write         writes the page also when rows were left out
  --json          prints the figures as JSON`;

const { values, positionals } = parseArgs({
  options: {
    without: { type: "string", default: "" },
    mirror: { type: "string" },
    "no-cache": { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
  allowPositionals: true,
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

const root = fileURLToPath(new URL("../..", import.meta.url));
execFileSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: "inherit" });
// Here and not above: what they import was only now compiled.
const layerwright = await import("layerwright");
const { buildRow } = await import("./contestants.mjs");
const { debianBase } = await import("./debian-base.mjs");
const { machineMirror } = await import("../official-debian.mjs");
const { tinyImagesPage } = await import("./page.mjs");
const { startPeer } = await import("./peer.mjs");
const { rows } = await import("./rows/index.mjs");
const { printTable } = await import("./text-table.mjs");
const { complaints } = await import("./verdict.mjs");

const without = values.without.split(",").filter((name) => name !== "");
const unknown = [...positionals, ...without].find((name) => !rows.some(({ id }) => id === name));
if (unknown !== undefined) {
  console.error(`There is no row ${JSON.stringify(unknown)}.\n${usage}`);
  process.exit(2);
}
const chosen = rows.filter(
  ({ id }) => (positionals.length === 0 || positionals.includes(id)) && !without.includes(id),
);

const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
const work = join(cache, "layerwright-table");
mkdirSync(work, { recursive: true });
const builder = startPeer();
const mirror = values.mirror ?? process.env.LAYERWRIGHT_TABLE_MIRROR ?? machineMirror();
const base = await debianBase(work, mirror, layerwright);

const results = [];
for (const [number, row] of chosen.entries()) {
  say(`(${row.id}) ${row.title}`);
  const folder = join(work, `row-${number}`);
  rmSync(folder, { recursive: true, force: true });
  const sizes = await buildRow(row, folder, { ...base, mirror, cache: !values["no-cache"] });
  results.push({ row, sizes });
  rmSync(folder, { recursive: true, force: true });
}

const about = {
  date: new Date().toISOString().slice(0, 10),
  machine: `a machine of ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 1e9)} GB`,
  versions: [
    `layerwright ${JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version}`,
    builder,
    `Node ${process.version}`,
    firstLine("runc", ["--version"]),
    firstLine("mmdebstrap", ["--version"]),
  ],
  baseSize: base.size,
};
if (values.json) {
  const figures = results.map(({ row: { id, title }, sizes }) => ({ id, title, ...sizes }));
  console.log(JSON.stringify({ about, rows: figures }, undefined, 2));
} else {
  console.log(`${about.date}, ${about.machine}\n${about.versions.join("; ")}`);
  printTable(results);
}
const wrong = results.flatMap(complaints);
for (const complaint of wrong) console.error(complaint);
if (wrong.length === 0 && (values.write || chosen.length === rows.length)) {
  writeFileSync(join(root, "docs/tiny-images.md"), tinyImagesPage(results, about));
  say("docs/tiny-images.md is written");
}
process.exitCode = wrong.length === 0 ? 0 : 1;

function firstLine(program, args) {
  try {
    return execFileSync(program, args, { encoding: "utf8" }).split("\n")[0].trim();
  } catch {
    return `no ${program}`;
  }
}
