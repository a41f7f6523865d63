// Bundles the script and the style of the page that `report` writes: browsers read them, so they are no part of the
// package's own modules.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const page = fileURLToPath(new URL("../src/analyze/report/page/", import.meta.url));

/** @returns {Promise<{ script: string, style: string }>} */
export async function bundleReportPage() {
  const { outputFiles } = await build({
    entryPoints: [join(page, "page.ts"), join(page, "page.css")],
    outdir: page,
    write: false,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    tsconfig: join(page, "tsconfig.json"),
    logLevel: "warning",
  });
  const text = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text;
  return { script: text(".js"), style: text(".css") };
}

/** Writes them beside the compiled modules, where `report` looks for them. */
export async function writeReportPage(dist) {
  const folder = join(dist, "analyze/report/page");
  const { script, style } = await bundleReportPage();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "page.js"), script);
  writeFileSync(join(folder, "page.css"), style);
}
