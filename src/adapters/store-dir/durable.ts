import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type DiskCalls, errnoOf } from "./disk-calls.js";
import { clearPath, isDirectory, lookAt, removeTree } from "./plain-file.js";

/** Writes all of some bytes to an open file. */
export function writeFully(disk: DiskCalls, fd: number, data: Uint8Array): void {
  let done = 0;
  while (done < data.length) done += disk.writeSync(fd, data, done, data.length - done);
}

/**
 * Makes the names in a folder durable: without it a rename can be lost at a power cut though the file was flushed
 * (containerd, distribution#4680). Systems that cannot flush a folder say so, and their word is taken.
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
 * Renames a finished file to its place. Whatever lies there is replaced, a directory as well, and so is a file where its
 * directory has to be.
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
