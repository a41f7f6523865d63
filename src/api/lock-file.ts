import { join, relative, resolve } from "node:path";
import { changeLockFile, readLockFile } from "../adapters/lock-file/lock-file.js";
import { LOCK_NAME, type Lock } from "../lock/lock.js";
import { lockText } from "../lock/lock-text.js";
import { mergeLocks } from "../lock/merge-locks.js";
import { parseLock } from "../lock/parse-lock.js";

/** Where the lock lies: as the user named it, or in the context folder. */
export function lockPath(context: string, lock: string | undefined): string {
  return lock === undefined ? join(context, LOCK_NAME) : resolve(lock);
}

/** A lock's path as messages name it. */
export function shownLock(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}

/** The lock in a file; undefined where there is no file. @throws {PlanError} LOCK_INVALID, LOCK_CONFLICT, LOCK_VERSION */
export function readLock(path: string): Lock | undefined {
  const text = readLockFile(path);
  return text === undefined ? undefined : parseLock(text, shownLock(path));
}

/** Writes what changed from `read` to `changed` into a lock's file, beside the changes of others; gives what is in it now. */
export async function changeLock(path: string, read: Lock, changed: Lock): Promise<Lock> {
  let written = changed;
  await changeLockFile(path, (text) => {
    written = text === undefined ? changed : mergeLocks(read, changed, parseLock(text, shownLock(path)));
    // A lock that says the same is left as it is, however it is spelt.
    const same = text !== undefined && lockText(parseLock(text, path)) === lockText(written);
    return same ? text : lockText(written);
  });
  return written;
}
