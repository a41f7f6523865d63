import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import { newOwnedName, ownerState } from "../store-dir/owner-mark.js";
import { type ByteSink, fileSink } from "./byte-sink.js";
import { outputError } from "./output-error.js";

/** Temporary files beside an output begin with this; the rest says whose they are. */
export const TEMP_PREFIX = ".layerwright-";

/**
 * Writes a file whole or not at all: beside its place, then renamed. A symbolic link stays, and the file that it
 * leads to is replaced; a pipe or device is written to as it is. Throws `OUTPUT_IS_FOLDER`, and `OUTPUT_IS_INPUT`
 * where the file is one of `inputs`. It is not flushed to the disk, as no compiler's output is.
 */
export async function writeFileAtomically(
  path: string,
  inputs: readonly string[],
  write: (sink: ByteSink) => Promise<void>,
): Promise<void> {
  try {
    const place = placeOf(resolve(path));
    const stat = statSync(place, { throwIfNoEntry: false });
    if (stat?.isDirectory()) throw new EnvironmentError("OUTPUT_IS_FOLDER", { path }, { subject: path });
    if (stat !== undefined && inputs.some((input) => isSame(input, place))) {
      throw new EnvironmentError("OUTPUT_IS_INPUT", { path }, { subject: path });
    }
    if (stat !== undefined && !stat.isFile()) await writeOpen(place, "w", write);
    else await replace(place, write);
  } catch (error) {
    throw outputError(error, path);
  }
}

async function replace(place: string, write: (sink: ByteSink) => Promise<void>): Promise<void> {
  const folder = dirname(place);
  mkdirSync(folder, { recursive: true });
  removeDeadTemps(folder);
  const temp = join(folder, TEMP_PREFIX + newOwnedName());
  try {
    await writeOpen(temp, "wx", write);
    renameSync(temp, place);
  } catch (error) {
    rmSync(temp, { force: true });
    throw error;
  }
}

async function writeOpen(
  path: string,
  flags: string,
  write: (sink: ByteSink) => Promise<void>,
): Promise<void> {
  const fd = openSync(path, flags, 0o666);
  try {
    await write(fileSink(fd));
  } finally {
    closeSync(fd);
  }
}

/** The file that a path leads to, also through links whose end does not exist yet. */
export function placeOf(path: string): string {
  let place = path;
  for (let links = 0; links < 40; links++) {
    const stat = lstatSync(place, { throwIfNoEntry: false });
    if (stat === undefined) return place;
    if (!stat.isSymbolicLink()) return place;
    const whole = tryRealpath(place);
    if (whole !== undefined) return whole;
    place = resolve(dirname(place), readlinkSync(place));
  }
  throw Object.assign(new Error("too many links"), { code: "ELOOP", syscall: "open" });
}

function isSame(input: string, place: string): boolean {
  if (resolve(input) === place) return true;
  const left = statSync(input, { throwIfNoEntry: false, bigint: true });
  const right = statSync(place, { throwIfNoEntry: false, bigint: true });
  return left !== undefined && right !== undefined && left.ino === right.ino && left.dev === right.dev;
}

/** Removes what builds that were killed left beside an output. Never fails. */
export function removeDeadTemps(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(TEMP_PREFIX) || ownerState(name.slice(TEMP_PREFIX.length)) !== "gone") continue;
      rmSync(join(folder, basename(name)), { force: true });
    }
  } catch {
    // A folder that cannot be listed can still be written to.
  }
}

function tryRealpath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
