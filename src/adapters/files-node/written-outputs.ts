import { appendFileSync, lstatSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

/**
 * The directory that `synth` and `build` write to by default: no part of the main context, as the ignore file beside a
 * Dockerfile says too, else the second build of `copy(".", ...)` would hold the first one.
 */
export const OUTPUT_DIRECTORY = "layerwright.out";

/** The list of what was written elsewhere in the context: a path a line, relative to the context. */
const LIST = `${OUTPUT_DIRECTORY}/.outputs`;

/** Notes what a run is about to write into a context, so that this run and later ones do not copy it. */
export function noteOutputs(context: string, paths: readonly string[]): void {
  const folder = realPathOf(resolve(context));
  const inside = paths.map((path) => {
    const full = resolve(path);
    return relative(folder, join(realPathOf(dirname(full)), full.slice(dirname(full).length)))
      .split(sep)
      .join("/");
  });
  const noted = new Set(readList(folder));
  const added = inside.filter((path) => isElsewhere(path) && !noted.has(path));
  if (added.length === 0) return;
  try {
    mkdirSync(join(folder, OUTPUT_DIRECTORY), { recursive: true });
    // One write, so that runs at the same time lose nothing.
    appendFileSync(join(folder, LIST), [...new Set(added)].map((path) => `${path}\n`).join(""));
  } catch {
    // Where nothing can be written, no output comes to be.
  }
}

/**
 * Ignore patterns of all that layerwright wrote into a context: its own directory, and of the noted paths those that are
 * still what was written, a file, a layout or the directory of a synthesis.
 */
export function outputPatterns(context: string): readonly string[] {
  const own = readList(context).filter((path) => isElsewhere(path) && isOutput(join(context, path)));
  return [OUTPUT_DIRECTORY, ...own.map(literalPattern)];
}

function readList(context: string): string[] {
  try {
    return readFileSync(join(context, LIST), "utf8").split("\n");
  } catch {
    return [];
  }
}

function isElsewhere(path: string): boolean {
  if (path === "" || path.startsWith("/") || /[\0\r\n]/.test(path)) return false;
  const [first] = path.split("/");
  return first !== ".." && first !== "." && first !== OUTPUT_DIRECTORY;
}

function isOutput(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isFile()) return stats !== undefined;
  return (
    stats.isDirectory() && (isFile(join(path, "oci-layout")) || isSynthesis(join(path, "manifest.json")))
  );
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function isSynthesis(manifest: string): boolean {
  try {
    const { version, images } = JSON.parse(readFileSync(manifest, "utf8"));
    return typeof version === "number" && Array.isArray(images);
  } catch {
    return false;
  }
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** A pattern that only this path matches; what a line of an ignore file cannot hold becomes `?`. */
function literalPattern(path: string): string {
  return path.replace(/[\\*?[\]+(){}|^]/g, "\\$&").replace(/^[!# ]| $/g, "?");
}
