import { chmodSync, copyFileSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { TestProject } from "vitest/node";

const root = fileURLToPath(new URL("../", import.meta.url));
/** Names the directory of the package that this run of the tests has compiled. */
const VARIABLE = "LAYERWRIGHT_COMPILED";

/** The directory of the package as it is installed, compiled from the sources of this run. */
export function compiledPackage(): string {
  const directory = process.env[VARIABLE];
  if (directory === undefined) throw new Error(`no ${VARIABLE}: vitest runs test/compiled-package.ts first`);
  return directory;
}

/**
 * Compiles the package once for all tests, and again before a rerun: a process that loads it from source, module by
 * module through tsx, takes ten times as long to start.
 */
export default async function setup(project: TestProject): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), "layerwright-compiled-"));
  // Some tests run it as another user.
  chmodSync(directory, 0o755);
  process.env[VARIABLE] = directory;
  copyFileSync(join(root, "package.json"), join(directory, "package.json"));
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  const load = (script: string) => import(pathToFileURL(join(root, "scripts", script)).href);
  const { bundle } = (await load("bundle.mjs")) as { bundle(...args: readonly unknown[]): Promise<void> };
  const { writeReportPage } = (await load("report-page.mjs")) as {
    writeReportPage(dist: string): Promise<void>;
  };
  const compile = async () => {
    // With source maps its frames would be those of the sources, which are not beside it.
    await bundle(join(root, "src"), join(directory, "dist"), { sourcemap: false });
    await writeReportPage(join(directory, "dist"));
  };
  await compile();
  project.onTestsRerun(compile);
  return () => rmSync(directory, { recursive: true, force: true });
}
