// Builds the ported Dockerfiles by hand, through ours and directly, compares them and writes docs/ported.md.
// Needs root, Debian, mmdebstrap, a network and scripts/peers/up.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { peerOrSkipReason } from "../test/peers/peers.js";
import { portedCases } from "../test/ported/cases.js";
import { complaints } from "../test/ported/complaints.js";
import { type PortedResult, portCase } from "../test/ported/port-case.js";
import { portedPage } from "../test/ported/ported-page.js";

const usage = `npm run ported -- [CASE...] [options]

builds all cases when none is named, and then writes docs/ported.md

  --results FILE  a file of results: those in it are taken and not built, and those that are built are added
  --write         writes the page also when cases were left out or could not be built
  --list          prints the names of the cases`;

const { values, positionals } = parseArgs({
  options: {
    results: { type: "string" },
    write: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
  allowPositionals: true,
});
if (values.help || values.list) {
  console.log(values.help ? usage : portedCases.map(({ name, title }) => `${name}  ${title}`).join("\n"));
  process.exit(0);
}
const unknown = positionals.find((name) => !portedCases.some((one) => one.name === name));
if (unknown !== undefined) {
  console.error(`There is no case ${JSON.stringify(unknown)}.\n${usage}`);
  process.exit(2);
}
const peer = peerOrSkipReason("docker28");
if (typeof peer === "string") {
  console.error(peer);
  process.exit(1);
}

const results: PortedResult[] = earlier(values.results);
const failures: { name: string; reason: string }[] = [];
const work = mkdtempSync(join(tmpdir(), "layerwright-ported-"));
try {
  for (const one of portedCases) {
    const wanted = positionals.length === 0 || positionals.includes(one.name);
    if (!wanted || results.some(({ name }) => name === one.name)) continue;
    console.error(`${one.name}: ${one.title}`);
    try {
      results.push(await portCase(one, peer, work));
    } catch (error) {
      failures.push({ name: one.name, reason: error instanceof Error ? error.message : String(error) });
      continue;
    }
    if (values.results !== undefined) writeFileSync(values.results, JSON.stringify(results, undefined, 2));
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const page = portedPage(results, {
  date: new Date().toISOString().slice(0, 10),
  machine: `a machine of ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 1e9)} GB`,
  versions: [
    `layerwright ${version}`,
    `Docker ${peer.versions["docker"] ?? "28"}`,
    `Node ${process.version}`,
  ],
});
console.log(page);
const wrong = [...results.flatMap(complaints), ...failures.map(({ name, reason }) => `${name}: ${reason}`)];
for (const complaint of wrong) console.error(complaint);
if (values.write || portedCases.every(({ name }) => results.some((result) => result.name === name))) {
  writeFileSync(join(root, "docs/ported.md"), page);
  console.error("docs/ported.md is written");
}
process.exitCode = wrong.length === 0 ? 0 : 1;

function earlier(file: string | undefined): PortedResult[] {
  if (file === undefined) return [];
  try {
    return JSON.parse(readFileSync(file, "utf8")) as PortedResult[];
  } catch {
    return [];
  }
}
