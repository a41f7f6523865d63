// Makes dist/ of src/, and only when something changed: `npm ci`, `npm pack` and the bench all run it. The compiler
// writes the declarations, the bundler the code.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = join(root, "dist/.built");

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

const inputs = ["src", "scripts", "tsconfig.json", "tsconfig.build.json", "package.json"].map((name) =>
  join(root, name),
);
// An installed package has dist/ and no src/: there is nothing to compile.
const hasSource = existsSync(inputs[0]);
const isFresh =
  existsSync(stamp) && statSync(stamp).mtimeMs >= Math.max(...(hasSource ? inputs.map(newest) : [0]));
if (hasSource && !isFresh) {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" });
  // Here and not above: an installed package has no bundler.
  const { bundle } = await import("./bundle.mjs");
  await bundle(join(root, "src"), join(root, "dist"));
  const { writeReportPage } = await import("./report-page.mjs");
  await writeReportPage(join(root, "dist"));
  chmodSync(join(root, "dist/cli/main.js"), 0o755);
  writeFileSync(stamp, "");
}
