// Prints what the house is like: files, lines, their median, circles of files, and the files of which a function runs when
// one file is copied, by either synthesis (V8 coverage of the compiled package).
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "src");
const files = readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => join(entry.parentPath, entry.name));
const texts = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
const sizes = [...texts.values()].map((text) => text.split("\n").length - 1).sort((a, b) => a - b);

function importsOf(file) {
  const text = texts.get(file).replace(/^\s*\*.*$/gm, "");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g)]
    .map(([, to]) => resolve(dirname(file), to).replace(/\.js$/, ".ts"))
    .filter((to) => texts.has(to));
}

function circles() {
  const done = new Set();
  const path = [];
  let found = 0;
  const visit = (file) => {
    if (path.includes(file)) found++;
    if (done.has(file)) return;
    done.add(file);
    path.push(file);
    for (const to of importsOf(file)) visit(to);
    path.pop();
  };
  for (const file of files) visit(file);
  return found;
}

/** Files of the compiled package of which a function ran, beside what a module does when it is loaded. */
function ranBy(program) {
  const directory = mkdtempSync(join(tmpdir(), "layerwright-house-"));
  try {
    writeFileSync(join(directory, "file"), "1\n");
    const index = pathToFileURL(join(root, "dist/index.js")).href;
    const script = `import * as verbs from ${JSON.stringify(index)};
const image = verbs.Image.scratch().copy("file", "/file");
${program}`;
    writeFileSync(join(directory, "program.mjs"), script);
    const coverage = join(directory, "coverage");
    execFileSync(process.execPath, ["program.mjs"], {
      cwd: directory,
      env: { ...process.env, NODE_V8_COVERAGE: coverage, LAYERWRIGHT_CACHE: join(directory, "store") },
    });
    const ran = new Set();
    for (const name of readdirSync(coverage)) {
      for (const { url, functions } of JSON.parse(readFileSync(join(coverage, name), "utf8")).result) {
        if (!url.startsWith(pathToFileURL(join(root, "dist")).href)) continue;
        const called = functions.some(
          ({ functionName, ranges }) => functionName !== "" && ranges[0].count > 0,
        );
        if (called) ran.add(relative(root, fileURLToPath(url)));
      }
    }
    return ran.size;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const figures = {
  files: files.length,
  lines: sizes.reduce((sum, size) => sum + size, 0),
  "median lines": sizes[Math.floor(sizes.length / 2)],
  "longest file": sizes.at(-1),
  circles: circles(),
  "files that run for one copied file, direct build": ranBy(
    'await verbs.build(image, { output: "image.tar" });',
  ),
  "files that run for one copied file, Dockerfile": ranBy("await verbs.dockerfile(image);"),
};
for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(50)} ${figure}`);
