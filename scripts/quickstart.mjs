// The main job on real input, offline: build a base, then two images, then the same two as Dockerfiles.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = fileURLToPath(new URL("../examples/quickstart/", import.meta.url));
const cli = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

function step(title, ...args) {
  console.log(`\n# ${title}\n$ layerwright ${args.join(" ")}`);
  const { status } = spawnSync(process.execPath, [cli, ...args], { cwd: folder, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

const built = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: root, stdio: "inherit" });
if (built.status !== 0) process.exit(built.status ?? 1);

step(
  "a local base",
  "build",
  "--app",
  "base.ts",
  "-o",
  "type=layout,dest=layerwright.out/server",
  "--tag",
  "latest",
);
step("both images, directly: no daemon, no root", "build");
step("the same two as Dockerfiles", "synth");
