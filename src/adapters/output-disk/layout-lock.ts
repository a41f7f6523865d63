import { readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import { newOwnedName, ownerState } from "../store-dir/owner-mark.js";

/** How long a writer waits for another one. Updating an index takes milliseconds. */
const PATIENCE_SECONDS = 60;

/**
 * Runs work while holding a lock that other processes respect. The lock is a symbolic link whose text names its
 * owner: it comes into being whole, in one call. A lock whose owner is dead is broken; age alone says nothing.
 */
export async function withLock<T>(
  lock: string,
  folder: string,
  work: () => Promise<T>,
  patienceSeconds = PATIENCE_SECONDS,
): Promise<T> {
  const mine = newOwnedName();
  const until = performance.now() + patienceSeconds * 1000;
  while (!take(lock, mine)) {
    if (breakDead(lock)) continue;
    if (performance.now() > until) {
      const parameters = { path: folder, seconds: patienceSeconds };
      throw new EnvironmentError("LAYOUT_LOCKED", parameters, { subject: lock });
    }
    await sleep(2 + Math.random() * 20);
  }
  try {
    return await work();
  } finally {
    if (holderOf(lock) === mine) rmSync(lock, { force: true });
  }
}

function take(lock: string, mine: string): boolean {
  try {
    symlinkSync(mine, lock);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    // No links here (FAT, Windows without the right): a file does it, with a moment in which it is still empty.
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
  }
  try {
    writeFileSync(lock, mine, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Removes the lock of a dead owner. Two waiters that both saw it dead must not both remove, or the second one takes
 * away the lock that the first one has got meanwhile; so the removal has a lock of its own.
 */
function breakDead(lock: string): boolean {
  if (!isDead(lock)) return false;
  const breaker = `${lock}.break`;
  if (!take(breaker, newOwnedName())) {
    if (isDead(breaker)) rmSync(breaker, { force: true });
    return false;
  }
  try {
    if (isDead(lock)) rmSync(lock, { force: true });
    return true;
  } finally {
    rmSync(breaker, { force: true });
  }
}

function isDead(lock: string): boolean {
  const holder = holderOf(lock);
  return holder !== undefined && ownerState(holder) === "gone";
}

function holderOf(lock: string): string | undefined {
  try {
    return readlinkSync(lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EINVAL" && process.platform !== "win32") return undefined;
  }
  try {
    return readFileSync(lock, "utf8");
  } catch {
    return undefined;
  }
}
