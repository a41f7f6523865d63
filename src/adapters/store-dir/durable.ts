import { setTimeout as sleep } from "node:timers/promises";
import { type DiskCalls, errnoOf } from "./disk-calls.js";

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

/** Removes a file, and does not mind when it is gone or cannot be removed. */
export function removeQuietly(disk: DiskCalls, path: string): void {
  try {
    disk.unlinkSync(path);
  } catch {
    // A leftover that nobody can see as a blob; the next run removes it.
  }
}
