import { join, relative, resolve } from "node:path";
import { changeLockFile, readLockFile } from "../../adapters/lock-file/lock-file.js";
import { PlanError } from "../../errors/layerwright-error.js";
import type { Origin } from "../../errors/origin.js";
import { emptyLock, LOCK_NAME, type Lock, lockText } from "../../lock/lock.js";
import { entryText, type LockEntry, type LockNeeds, lockedName } from "../../lock/lock-needs.js";
import { mergeLocks } from "../../lock/merge-locks.js";
import { parseLock } from "../../lock/parse-lock.js";
import { parseReference } from "../../oci/reference.js";
import type { RegistryPlanBase } from "../../plan/plan.js";
import type { LockPlace } from "../options.js";

/** Where the lock is looked for. */
export interface LockSearch extends LockPlace {
  readonly context?: string | undefined;
}

/** The lock that holds for a context: its file, and what is in it. */
export function lockOf({ lock, context }: LockSearch): {
  readonly path: string;
  readonly lock: Lock;
} {
  const path = lockPath(resolve(context ?? "."), lock === false ? undefined : lock);
  return { path, lock: lock === false ? emptyLock : (readLock(path) ?? emptyLock) };
}

/** The digest that a base in a registry goes by, where its reference or a lock says one. */
export function lockedDigest(base: RegistryPlanBase, lock: Lock): string | undefined {
  const name = lockedName(base);
  return name === undefined
    ? (base.digest ?? parseReference(base.reference).digest)
    : lock.images[name]?.digest;
}

/** The error for what is not in the lock where nothing may be added to it; at the line of the first thing. */
export function incomplete(
  missing: readonly LockEntry[],
  needs: LockNeeds,
  path: string,
  locked: boolean,
): PlanError {
  const [first] = missing;
  const need = first && needOf(first, needs);
  return new PlanError(
    "LOCK_INCOMPLETE",
    { path: shownLock(path), option: locked ? "--locked" : "--offline", missing: missing.map(entryText) },
    { subject: path, origin: need?.origin },
  );
}

function needOf(
  entry: LockEntry,
  { images, files, layering }: LockNeeds,
): { readonly origin?: Origin | undefined } | undefined {
  if (entry.kind === "image") return images.get(entry.reference);
  return entry.kind === "file" ? files.get(entry.url) : layering.get(entry.stage);
}

/** Where the lock lies: as the user named it, or in the context directory. */
function lockPath(context: string, lock: string | undefined): string {
  return lock === undefined ? join(context, LOCK_NAME) : resolve(lock);
}

/** A lock's path as messages name it. */
export function shownLock(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}

/** The lock in a file; undefined where there is no file. @throws {PlanError} LOCK_INVALID, LOCK_CONFLICT, LOCK_VERSION */
function readLock(path: string): Lock | undefined {
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
