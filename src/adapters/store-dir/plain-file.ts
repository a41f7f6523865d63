import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type DiskCalls, errnoOf } from "./disk-calls.js";
import { hasMounts } from "./has-mounts.js";
import { newOwnedName } from "./owner-mark.js";

/** Opens without following a link in the last place, and without waiting for the other end of a FIFO. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** An open regular file. */
export interface PlainFile {
  readonly fd: number;
  readonly stat: Stats;
}

/**
 * Opens a regular file to read. Looked at before it is opened, because to open a device can already do something, and
 * once more afterwards, because it may have been replaced in between.
 *
 * @returns undefined where something other than a regular file lies there: a link, a directory, a FIFO, a socket, a device
 * @throws the system's own error where nothing is there or it may not be read
 */
export function openPlainFile(path: string): PlainFile | undefined {
  if (!lstatSync(path).isFile()) return undefined;
  let fd: number;
  try {
    fd = openSync(path, FLAGS);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ELOOP" || errno === "EISDIR" || errno === "ENXIO") return undefined;
    throw error;
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isFile()) return { fd, stat };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return undefined;
}

/**
 * Reads a regular file of at most `limit` bytes whole.
 *
 * @returns undefined where it is larger, or something other than a regular file lies there
 * @throws the system's own error where nothing is there or it may not be read
 */
export function readPlainFile(path: string, limit: number): Buffer | undefined {
  const file = openPlainFile(path);
  if (file === undefined) return undefined;
  try {
    return file.stat.size > limit ? undefined : readFileSync(file.fd);
  } finally {
    closeSync(file.fd);
  }
}

/** Writes a small file for its user alone; what lies there and is no regular file is removed before. */
export function writePlainFile(path: string, text: string): void {
  if (lookAt(path)?.isFile() === false) removeTree(path);
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const fd = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

/** The status of a path itself, be it a link; undefined where nothing can be seen there. */
export function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** True when a directory, or a link to one, lies at a path. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

/**
 * Takes whatever lies at a path out of the way: first its name, then the thing itself. Links are not followed, and what
 * has something mounted in it stays as it is.
 *
 * @returns whether the path is free now
 */
export function clearPath(disk: DiskCalls, path: string, temp: string): boolean {
  if (lookAt(path) === undefined) return true;
  if (hasMounts(path)) return false;
  const aside = join(temp, newOwnedName());
  try {
    disk.renameSync(path, aside);
  } catch {
    // Another process may have been faster, and `temp` itself may be what is in the way.
    removeTree(path);
    return lookAt(path) === undefined;
  }
  removeTree(aside);
  return true;
}

/** Bytes of all files below a path and of the links, each file once whatever its names. Throws where one cannot be read. */
export function bytesBelow(path: string): number {
  const seen = new Set<string>();
  const bytesOf = (place: string): number => {
    const stat = lstatSync(place, { throwIfNoEntry: false });
    if (stat === undefined) return 0;
    if (stat.isDirectory())
      return readdirSync(place).reduce((sum, name) => sum + bytesOf(join(place, name)), 0);
    if (stat.nlink > 1) {
      const file = `${stat.dev} ${stat.ino}`;
      if (seen.has(file)) return 0;
      seen.add(file);
    }
    return stat.size;
  };
  return bytesOf(path);
}

/** Removes a file or a directory that nothing is mounted in; does nothing where that cannot be done. */
export function removeTree(path: string): void {
  if (hasMounts(path)) return;
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // A leftover that nobody takes for a blob or a record; the next run tries again.
  }
}
