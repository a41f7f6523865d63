import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

/**
 * The directory that `synth` and `build` write to by default: no part of the main context, as the ignore file beside a
 * Dockerfile says too, else the second build of `copy(".", ...)` would hold the first one.
 */
const OUTPUT_DIRECTORY = "layerwright.out";

/** The list of what was written elsewhere in the context: a path a line, relative to the context. */
const LIST = `${OUTPUT_DIRECTORY}/.outputs`;

/**
 * Does work that writes into a context, with what it writes noted, so that neither it nor a later run copies that. Of
 * work that fails, nothing stays noted but what is there.
 */
export async function withNotedOutputs<T>(
  context: string,
  paths: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const noted = noteOutputs(context, paths);
  try {
    return await work();
  } catch (error) {
    const folder = realPathOf(resolve(context));
    forgetOutputs(
      folder,
      noted.filter((path) => !isOutput(join(folder, path))),
    );
    throw error;
  }
}

/** @returns the paths that were not noted before, relative to the context */
function noteOutputs(context: string, paths: readonly string[]): readonly string[] {
  const folder = realPathOf(resolve(context));
  const inside = paths.map((path) => {
    const full = resolve(path);
    return relative(folder, join(realPathOf(dirname(full)), full.slice(dirname(full).length)))
      .split(sep)
      .join("/");
  });
  const noted = new Set(readList(folder));
  const added = [...new Set(inside)].filter((path) => isElsewhere(path) && !noted.has(path));
  if (added.length === 0) return [];
  try {
    mkdirSync(join(folder, OUTPUT_DIRECTORY), { recursive: true });
    // One write, so that runs at the same time lose nothing.
    writeList(folder, added, constants.O_APPEND);
  } catch {
    // Where nothing can be written, no output comes to be.
  }
  return added;
}

function forgetOutputs(folder: string, paths: readonly string[]): void {
  if (paths.length === 0) return;
  const left = readList(folder).filter((path) => path !== "" && !paths.includes(path));
  try {
    if (left.length > 0) writeList(folder, left, constants.O_TRUNC);
    else {
      rmSync(join(folder, LIST), { force: true });
      rmdirSync(join(folder, OUTPUT_DIRECTORY));
    }
  } catch {
    // A directory with other outputs stays; a line too many does no harm while nothing is there.
  }
}

/**
 * Ignore patterns of all that layerwright wrote into a context: its own directory, and of the noted paths those that
 * are still what was written, a file, a layout or the directory of a synthesis.
 */
export function outputPatterns(context: string): readonly string[] {
  const own = readList(context).filter((path) => isElsewhere(path) && isOutput(join(context, path)));
  return [OUTPUT_DIRECTORY, ...own.map(literalPattern)];
}

function readList(context: string): string[] {
  try {
    return withList(context, constants.O_RDONLY, (fd) => readFileSync(fd, "utf8").split("\n"));
  } catch {
    return [];
  }
}

function writeList(context: string, paths: readonly string[], mode: number): void {
  const text = paths.map((path) => `${path}\n`).join("");
  withList(context, constants.O_WRONLY | constants.O_CREAT | mode, (fd) => writeFileSync(fd, text));
}

/** Opens the list and nothing else: a context may be hostile, and hold a link or a FIFO in its place. */
function withList<T>(context: string, flags: number, work: (fd: number) => T): T {
  if (typeOf(join(context, OUTPUT_DIRECTORY)) !== "directory") throw new Error("no directory of outputs");
  // Windows has neither of the two flags, nor what they are against.
  const safe = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const fd = openSync(join(context, LIST), flags | safe, 0o666);
  try {
    if (!fstatSync(fd).isFile()) throw new Error("no list of outputs");
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

function isElsewhere(path: string): boolean {
  if (path === "" || path.startsWith("/") || /[\0\r\n]/.test(path)) return false;
  const [first] = path.split("/");
  return first !== ".." && first !== "." && first !== OUTPUT_DIRECTORY;
}

function isOutput(path: string): boolean {
  const type = typeOf(path);
  if (type !== "directory") return type === "file";
  return typeOf(join(path, "oci-layout")) === "file" || isSynthesis(join(path, "manifest.json"));
}

function typeOf(path: string): "file" | "directory" | undefined {
  try {
    const stats = lstatSync(path);
    return stats.isFile() ? "file" : stats.isDirectory() ? "directory" : undefined;
  } catch {
    return undefined;
  }
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
