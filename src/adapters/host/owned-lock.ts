import { lutimesSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import { isOwnedName, newOwnedName, ownerState } from "./owner-mark.js";
import { hasMounts, lookAt, readPlainFile } from "./plain-file.js";
import { namesIn } from "./store-folder.js";

/** The patience of whoever waits for a lock. */
interface LockWait {
  readonly signal?: AbortSignal | undefined;
  /** Told once, when another holder was seen. */
  readonly onWait?: (() => void) | undefined;
  /** Milliseconds after which the wait ends without the lock. @default - as long as a holder is alive */
  readonly patienceMs?: number | undefined;
  /**
   * Milliseconds that the lock of a holder that cannot be seen from here stays without a sign of life. @default - 60000
   */
  readonly silenceMs?: number | undefined;
  /** The time in milliseconds, from any start. @default - the process's monotonic clock */
  readonly now?: (() => number) | undefined;
}

/**
 * The time between two renewals of a lock by its holder, so that machines that share the directory see that it lives.
 */
const RENEW_MS = 5_000;

const SILENCE_MS = 60_000;

/**
 * The longest time that a lock may name nobody: between making a file and writing to it there is a moment, unless its
 * maker died in it.
 */
const UNNAMED_MS = 2_000;

/** The end of the name of the lock under which another one is removed. */
const BREAK = ".break";

/** The longest pause between two looks. */
const PAUSE_MS = 250;

/**
 * Takes a lock that other processes respect. The lock is a symbolic link whose text names its owner: it comes into
 * being whole, in one call. The lock of a dead owner is broken; age alone says nothing. An owner on another machine
 * cannot be asked, so its lock is broken when it was not renewed for a time that passed here.
 *
 * @returns what gives the lock back; undefined when the patience ended first
 */
export async function takeLock(lock: string, wait: LockWait = {}): Promise<(() => void) | undefined> {
  const {
    signal,
    onWait,
    patienceMs = Number.POSITIVE_INFINITY,
    silenceMs = SILENCE_MS,
    now = monotonic,
  } = wait;
  const mine = newOwnedName();
  const end = now() + patienceMs;
  const silence = new Silence(silenceMs, now);
  let pause = 2;
  for (let told = false; !take(lock, mine); ) {
    signal?.throwIfAborted();
    if (breakDead(lock, silence)) continue;
    if (now() > end) return undefined;
    if (!told) onWait?.();
    told = true;
    const options = signal === undefined ? {} : { signal };
    await sleep(pause * (0.5 + Math.random()), undefined, options).catch(() => signal?.throwIfAborted());
    pause = Math.min(PAUSE_MS, pause * 1.5);
  }
  const renewal = setInterval(() => renew(lock, mine), RENEW_MS).unref();
  return () => {
    clearInterval(renewal);
    if (holderOf(lock) === mine) rmSync(lock, { force: true });
  };
}

/** The locks that did not change while somebody waited, by their own clock. */
class Silence {
  readonly #limit: number;
  readonly #now: () => number;
  readonly #seen = new Map<string, { readonly sign: string; readonly since: number }>();

  constructor(limit: number, now: () => number) {
    this.#limit = limit;
    this.#now = now;
  }

  /** True when a lock did not change for the limit, or for a shorter time that is given. */
  isLong(lock: string, limit = this.#limit): boolean {
    const stat = lookAt(lock);
    const sign = stat === undefined ? "" : `${stat.ino} ${stat.mtimeMs}`;
    const now = this.#now();
    const before = this.#seen.get(lock);
    if (before?.sign === sign) return now - before.since >= Math.min(limit, this.#limit);
    this.#seen.set(lock, { sign, since: now });
    return false;
  }
}

const monotonic = (): number => performance.now();

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
function breakDead(lock: string, silence: Silence): boolean {
  if (!isDead(lock, silence)) return false;
  const breaker = lock + BREAK;
  if (!take(breaker, newOwnedName())) {
    if (isDead(breaker, silence)) remove(breaker);
    return false;
  }
  try {
    if (isDead(lock, silence)) remove(lock);
    return true;
  } finally {
    rmSync(breaker, { force: true });
  }
}

function isDead(lock: string, silence: Silence): boolean {
  const holder = holderOf(lock);
  if (holder === undefined) return false;
  // A file that is a lock is empty for a moment (see `take`).
  if (holder === "") return silence.isLong(lock, UNNAMED_MS);
  // What names nobody otherwise never was a lock.
  if (!isOwnedName(holder)) return true;
  const state = ownerState(holder);
  return state === "gone" || (state === "elsewhere" && silence.isLong(lock));
}

function renew(lock: string, mine: string): void {
  if (holderOf(lock) !== mine) return;
  try {
    const now = new Date();
    lutimesSync(lock, now, now);
  } catch {
    // Another machine may then take the lock over: what it guards is done twice, and the first result counts.
  }
}

/** Removes the locks in a directory whose owners are dead. */
export function removeDeadLocks(folder: string): void {
  const silence = new Silence(SILENCE_MS, monotonic);
  for (const name of namesIn(folder)) {
    try {
      const lock = join(folder, name);
      // The lock of a removal is taken away with the lock that it was for, or here, where that one has gone.
      if (name.endsWith(BREAK)) {
        if (isDead(lock, silence)) remove(lock);
      } else breakDead(lock, silence);
    } catch {
      // One that cannot be removed is told to who wants it.
    }
  }
}

/** Tells a lock that somebody holds, as far as can be seen from here. */
export function isHeld(lock: string): boolean {
  const holder = holderOf(lock);
  return holder !== undefined && isOwnedName(holder) && ownerState(holder) !== "gone";
}

/**
 * Removes a lock, or what lies in its place; with something mounted in it, it cannot be removed and would be waited for
 * for good.
 */
function remove(lock: string): void {
  if (hasMounts(lock)) throw Object.assign(new Error(`${lock} is mounted on`), { code: "EBUSY" });
  rmSync(lock, { recursive: true, force: true });
}

/** Stands for the text of a lock where something lies that cannot be one. */
const NO_LOCK = "no lock";

/** The text of a lock, which names its owner; undefined where there is none. */
function holderOf(lock: string): string | undefined {
  const stat = lookAt(lock);
  if (stat === undefined) return undefined;
  try {
    if (stat.isSymbolicLink()) return readlinkSync(lock);
    return readPlainFile(lock, 200)?.toString("utf8") ?? NO_LOCK;
  } catch (error) {
    // It may have gone, or have been taken by somebody else, since it was looked at.
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "EINVAL" ? undefined : NO_LOCK;
  }
}

/** The longest that a writer waits for another one. Updating an index takes milliseconds. */
const PATIENCE_SECONDS = 60;

/** Runs work while holding a lock that other processes respect. */
export async function withLock<T>(
  lock: string,
  folder: string,
  work: () => Promise<T>,
  patienceSeconds = PATIENCE_SECONDS,
): Promise<T> {
  const release = await takeLock(lock, { patienceMs: patienceSeconds * 1000 });
  if (release === undefined) {
    const parameters = { path: folder, seconds: patienceSeconds };
    throw new EnvironmentError("LAYOUT_LOCKED", parameters, { subject: lock });
  }
  try {
    return await work();
  } finally {
    release();
  }
}
