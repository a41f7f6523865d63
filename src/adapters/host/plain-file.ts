import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type DiskCalls, errnoOf } from "./disk-calls.js";
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
 * @returns undefined where something other than a regular file lies there: a link, a directory, a FIFO, a socket, a
 *   device
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

/**
 * Bytes of all files below a path and of the links, each file once whatever its names. Throws where one cannot be read.
 */
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

/** Writes all of some bytes to an open file. */
export function writeFully(disk: DiskCalls, fd: number, data: Uint8Array): void {
  let done = 0;
  while (done < data.length) done += disk.writeSync(fd, data, done, data.length - done);
}

/**
 * Makes the names in a directory durable: without it a rename can be lost at a power cut though the file was flushed
 * (containerd, distribution#4680). Systems that cannot flush a directory say so, and their word is taken.
 */
export async function syncFolder(disk: DiskCalls, folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const fd = disk.openSync(folder, "r");
  try {
    await disk.fsync(fd);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== "EINVAL" && errno !== "ENOTSUP" && errno !== "ENOSYS" && errno !== "EPERM") throw error;
  } finally {
    disk.closeSync(fd);
  }
}

/** Renames, with patience for Windows, where a virus scanner may hold the file for a moment. */
export async function renamePatiently(disk: DiskCalls, from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      disk.renameSync(from, to);
      return;
    } catch (error) {
      const errno = errnoOf(error);
      const passing = errno === "EPERM" || errno === "EBUSY" || errno === "EACCES";
      if (process.platform !== "win32" || !passing || attempt === 10) throw error;
      await sleep(15);
    }
  }
}

/**
 * Renames a finished file to its place. Whatever lies there is replaced, a directory as well, and so is a file where
 * its directory has to be.
 *
 * @param temp where what is in the way is put until it is removed
 */
export async function renameIntoPlace(
  disk: DiskCalls,
  from: string,
  to: string,
  temp: string,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await renamePatiently(disk, from, to);
    } catch (error) {
      // Another writer may have made room meanwhile.
      const another = attempt <= 3 && (makeRoom(disk, to, temp) || errnoOf(error) === "ENOENT");
      if (!another) throw error;
    }
  }
}

/** Makes a rename to a path possible; false where nothing was in its way. */
function makeRoom(disk: DiskCalls, to: string, temp: string): boolean {
  const folder = dirname(to);
  if (!isDirectory(folder)) {
    if (!clearPath(disk, folder, temp)) return false;
    disk.mkdirSync(folder, { recursive: true, mode: 0o700 });
    return true;
  }
  return lookAt(to)?.isDirectory() === true && clearPath(disk, to, temp);
}

/** Removes a file, or what has replaced it, and does not mind when it is gone or cannot be removed. */
export function removeQuietly(disk: DiskCalls, path: string): void {
  try {
    disk.unlinkSync(path);
  } catch {
    if (lookAt(path)?.isDirectory() === true) removeTree(path);
    // Else a leftover that nobody can see as a blob; the next run removes it.
  }
}

/**
 * True when something is mounted in a directory. Such a directory must not be removed: what is mounted there may be a
 * directory of the host, which a tool or function of the user left mounted.
 */
export function hasMounts(folder: string): boolean {
  let table: string;
  let real: string;
  try {
    real = realpathSync(folder);
    table = readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    return false;
  }
  return table.split("\n").some((line) => {
    const [, , , , point = ""] = line.split(" ");
    const place = point.replace(/\\([0-7]{3})/g, (_, digits: string) =>
      String.fromCharCode(parseInt(digits, 8)),
    );
    return place === real || place.startsWith(`${real}/`);
  });
}
