// Builds every example directly, run steps and all: no daemon. Bases in a registry become a Dockerfile only.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const cli = join(root, "dist/cli/main.js");
const wanted = process.argv.slice(2);

const compiled = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: "inherit" });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

const examples = readdirSync(join(root, "examples"))
  .filter(
    (name) => /^\d\d-/.test(name) && (wanted.length === 0 || wanted.some((word) => name.includes(word))),
  )
  .sort();

let failed = false;
for (const name of examples) {
  const folder = join(root, "examples", name);
  console.log(`\n# ${name}`);
  if (!existsSync(join(folder, "catalog.ts"))) {
    report(spawnSync(process.execPath, ["--import", "tsx", "build.ts"], { cwd: folder, encoding: "utf8" }));
    continue;
  }
  const built = layerwright(folder, "build");
  if (!built.stderr.includes("BASE_NOT_LOCAL")) report(built);
  else {
    console.log("its base is in a registry: the Dockerfile only");
    report(layerwright(folder, "synth"));
  }
}
process.exitCode = failed ? 1 : 0;

function layerwright(folder, command) {
  return spawnSync(process.execPath, [cli, "--progress", "quiet", command], {
    cwd: folder,
    encoding: "utf8",
  });
}

function report({ status, stdout, stderr }) {
  console.log(stdout.trimEnd());
  if (status === 0) return;
  console.error(stderr.trimEnd());
  failed = true;
}
