import { readdirSync, type Stats, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import { type DiskCalls, errnoOf, storeError } from "./disk-calls.js";
import { ownerState } from "./owner-mark.js";
import { isDirectory, lookAt, removeQuietly } from "./plain-file.js";

/** The directories of a store. */
export interface StorePaths {
  readonly root: string;
  /** Blobs by the hex of their digest, as in an OCI layout. */
  readonly blobs: string;
  readonly records: string;
  readonly temp: string;
  /** One file a process that has the store open. */
  readonly active: string;
  /** Locks of work that is done by one process at a time. */
  readonly locks: string;
}

/** The directories of the store in a directory. */
export function storePaths(root: string): StorePaths {
  return {
    root,
    blobs: join(root, "blobs", "sha256"),
    records: join(root, "records"),
    temp: join(root, "tmp"),
    active: join(root, "active"),
    locks: join(root, "locks"),
  };
}

/**
 * Makes the directories, for the user alone (mode 0700), and refuses a store that another user owns or everyone can
 * write to: what lies in it would end up in images. A store that is there but cannot be written can still be read.
 */
export function prepareFolders(disk: DiskCalls, paths: StorePaths): void {
  // The directory itself first: nothing is put into one that somebody else can change.
  makeFolder(disk, paths, paths.root);
  checkTrusted(paths.root, paths.root);
  makeFolders(disk, paths);
  for (const folder of [join(paths.root, "blobs"), paths.blobs, paths.records, paths.temp]) {
    checkTrusted(paths.root, folder);
  }
}

/**
 * Makes the directories of a store where they are missing, e.g. because someone removed the cache during a build. What
 * lies in the place of one and is no directory is refused and not removed: the store may have been given a directory by
 * mistake.
 */
export function makeFolders(disk: DiskCalls, paths: StorePaths): void {
  makeFolder(disk, paths, paths.root);
  for (const folder of [
    paths.temp,
    dirname(paths.blobs),
    paths.blobs,
    paths.records,
    paths.active,
    paths.locks,
  ]) {
    if (lookAt(folder) !== undefined && !isDirectory(folder))
      throw unsafe(paths.root, folder, `${folder} is not a folder`);
    makeFolder(disk, paths, folder);
  }
}

function makeFolder(disk: DiskCalls, paths: StorePaths, folder: string): void {
  try {
    disk.mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const errno = errnoOf(error);
    const readOnly = errno === "EROFS" || errno === "EACCES" || errno === "EPERM";
    if (readOnly && lookAt(paths.root) !== undefined) return;
    throw storeError(error, "make the folder", folder);
  }
}

function checkTrusted(root: string, folder: string): void {
  const stat = followed(folder);
  if (stat === undefined) return;
  const refuse = (reason: string) => unsafe(root, folder, reason);
  if (!stat.isDirectory()) throw refuse(`${folder} is not a folder`);
  const user = process.geteuid?.();
  if (user === undefined) return;
  if (stat.uid !== user) throw refuse(`${folder} belongs to the user ${stat.uid}, and you are ${user}`);
  if ((stat.mode & 0o002) !== 0) throw refuse(`everyone can write to ${folder}`);
}

function unsafe(root: string, folder: string, reason: string): EnvironmentError<"STORE_UNSAFE"> {
  return new EnvironmentError("STORE_UNSAFE", { folder: root, reason }, { subject: folder });
}

function followed(folder: string): Stats | undefined {
  try {
    return statSync(folder, { throwIfNoEntry: false });
  } catch (error) {
    throw storeError(error, "look at", folder);
  }
}

/** Temporary files of another machine or container are removed when nothing was written to them for this long. */
const FOREIGN_AGE_MS = 24 * 60 * 60 * 1000;

/** Removes what dead processes left in a directory of owned files (see owner-mark.ts). Never fails. */
export function removeLeftovers(disk: DiskCalls, folder: string): void {
  for (const path of leftoversIn(folder)) removeQuietly(disk, path);
}

/** The paths of what dead processes left in a directory of owned files. */
function leftoversIn(folder: string): string[] {
  return namesIn(folder)
    .filter((name) => isLeftover(join(folder, name), name))
    .map((name) => join(folder, name));
}

/** Tells what the owner that is named left behind; one that cannot be seen from here has a day to write to it. */
export function isLeftover(path: string, owner: string): boolean {
  const state = ownerState(owner);
  if (state !== "elsewhere") return state === "gone";
  const stat = lookAt(path);
  return stat !== undefined && Date.now() - stat.mtimeMs >= FOREIGN_AGE_MS;
}

/** The names in a directory, none when it cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The surroundings that decide the place of the store; the process's own by default. */
interface LocationInput {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly home?: string;
}

/**
 * The directory of the store unless the caller names another: `LAYERWRIGHT_CACHE`, or `layerwright` in the user's cache
 * directory (`XDG_CACHE_HOME` or `~/.cache`; `~/Library/Caches` on macOS; `LOCALAPPDATA` on Windows). Empty variables
 * and, as the XDG specification asks, a relative `XDG_CACHE_HOME` count as unset.
 */
export function defaultStoreFolder(input: LocationInput = {}): string {
  const { env = process.env, platform = process.platform, home = homedir() } = input;
  const own = env["LAYERWRIGHT_CACHE"];
  if (own !== undefined && own !== "") return resolve(own);
  const xdg = env["XDG_CACHE_HOME"];
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, "layerwright");
  if (platform === "darwin") return join(home, "Library", "Caches", "layerwright");
  if (platform === "win32") {
    const local = env["LOCALAPPDATA"];
    return join(
      local === undefined || local === "" ? join(home, "AppData", "Local") : local,
      "layerwright",
      "cache",
    );
  }
  return join(home, ".cache", "layerwright");
}
