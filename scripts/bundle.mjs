// Joins the modules of src/ into a few files of dist/: hundreds of small modules take Node three times as long to load.
// Every program that is started on its own keeps its place; what they share, and what is loaded late, are chunks.
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";

const PROGRAMS = [
  "index",
  "testing/index",
  "testing/vitest",
  "cli/main",
  "cli/load/preload",
  "archive/zstd-worker",
  "archive/hash-worker",
];

export async function bundle(src, dist, { sourcemap = true } = {}) {
  await build({
    entryPoints: PROGRAMS.map((program) => ({ in: join(src, `${program}.ts`), out: program })),
    outdir: dist,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    sourcemap,
    // A third less to parse before a program starts. Lines stay short: Node shows the one of an error that nobody caught.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 120,
    chunkNames: "chunks/[name]-[hash]",
    plugins: [ownAddresses(src)],
    logLevel: "warning",
  });
  // Data that a module loads from beside itself.
  mkdirSync(join(dist, "recipes"), { recursive: true });
  copyFileSync(join(src, "recipes/tzdata.json"), join(dist, "recipes/tzdata.json"));
}

/**
 * A module's own address stays what it is without chunks: programs, data and our own stack frames are found beside
 * it. Where dist/ is, a module of its own says, which all programs share and which is therefore in a chunk.
 */
function ownAddresses(src) {
  return {
    name: "own-addresses",
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^dist:folder$/ }, () => ({ path: "folder", namespace: "dist" }));
      onLoad({ filter: /.*/, namespace: "dist" }, () => ({
        contents: 'export const folder = new URL("..", import.meta.url);',
      }));
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const source = readFileSync(path, "utf8");
        if (!source.includes("import.meta.url")) return undefined;
        const own = `new URL(${JSON.stringify(relative(src, path).replace(/\.ts$/, ".js"))}, distFolder).href`;
        const head = 'import { folder as distFolder } from "dist:folder"; ';
        const contents = head + source.replaceAll("import.meta.url", own);
        return { contents, loader: "ts", resolveDir: dirname(path) };
      });
    },
  };
}
