import { mkdirSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isHeld } from "../host/owned-lock.js";
import { newOwnedName } from "../host/owner-mark.js";
import { bytesBelow, hasMounts, lookAt, removeTree } from "../host/plain-file.js";
import { isLeftover, namesIn } from "../host/store-folder.js";
import { cacheLock } from "./cache-folders.js";
import { asRoot, findHostTools, runProgram, runQuietly } from "./host-tools.js";
import { endDeadRuns, USED } from "./root-folders.js";

/** A directory that run steps left: an unpacked base, a cache that commands mount, or what a command works in. */
export interface KeptFolder {
  /** `work`: of a command that runs, or of one whose process was killed. */
  readonly kind: "root" | "cache" | "work";
  readonly path: string;
  /** Bytes of the files in it. */
  readonly size: number;
  /** When it was last used, in milliseconds since the epoch. */
  readonly usedAt: number;
}

/** Lists the directories that are kept beside the store's blobs, the most recently used first. */
export async function listKept(store: string): Promise<KeptFolder[]> {
  const kept: KeptFolder[] = [];
  for (const [kind, folder] of PLACES) {
    for (const name of namesIn(join(store, folder))) {
      const path = join(store, folder, name);
      // The mark of a kept directory belongs to it; where the directory has gone, the mark is what is left.
      if (kind === "root" && name.endsWith(USED) && lookAt(path.slice(0, -USED.length)) !== undefined)
        continue;
      // Beside the other two there are files of this machine's own.
      if (folder === "roots" && (name === "kept" || name === "work")) continue;
      kept.push({ kind, path, size: await sizeOf(path), usedAt: usedAt(path, kind) });
    }
  }
  return kept.sort((left, right) => right.usedAt - left.usedAt);
}

const PLACES: readonly (readonly [KeptFolder["kind"], string])[] = [
  ["root", "roots/kept"],
  ["cache", "caches"],
  ["work", "roots/work"],
  ["work", "roots"],
];

/** Tells a directory that a process which runs works in, or a command that holds its lock. */
export function isInUse({ path, kind }: KeptFolder): boolean {
  if (hasMounts(path)) return true;
  if (kind === "cache") return isHeld(cacheLock(path));
  if (kind === "root") return false;
  const owner = /[0-9a-f]{12}\.\d+\.\d+\.[0-9a-f]{12}$/.exec(basename(path))?.[0];
  return owner !== undefined && !isLeftover(path, owner);
}

/**
 * Removes a directory that nobody uses now. It is moved away first, so that a command which starts meanwhile finds none.
 *
 * @returns false where it is in use, was used since it was listed, or cannot be removed
 */
export async function removeKept(store: string, folder: KeptFolder): Promise<boolean> {
  const { path, kind } = folder;
  const { tools } = findHostTools();
  if (isInUse(folder) || (kind !== "work" && usedAt(path, kind) !== folder.usedAt)) return false;
  if (kind === "work" && tools !== undefined) await endDeadRuns(tools, path);
  const aside = kind === "work" ? path : movedAside(store, path);
  const mark = kind === "root" ? [path + USED] : [];
  if (tools === undefined) for (const one of [aside, ...mark]) removeTree(one);
  else await runQuietly([...asRoot(tools), "rm", "-rf", "--one-file-system", "--", aside, ...mark]);
  return lookAt(aside) === undefined;
}

function movedAside(store: string, path: string): string {
  const aside = join(store, "roots", "work", newOwnedName());
  try {
    mkdirSync(dirname(aside), { recursive: true, mode: 0o700 });
    renameSync(path, aside);
    return aside;
  } catch {
    // A directory of another user cannot be moved; it is removed where it is.
    return path;
  }
}

function usedAt(path: string, kind: KeptFolder["kind"]): number {
  const mark = kind === "root" ? path + USED : path;
  return (lookAt(mark) ?? lookAt(path))?.mtimeMs ?? 0;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return bytesBelow(path);
  } catch {
    // Files of other users: only root of a user namespace sees them.
  }
  const { tools } = findHostTools();
  if (tools === undefined) return 0;
  let said = "";
  const sink = (chunk: Uint8Array) => {
    said += Buffer.from(chunk).toString("latin1");
  };
  await runProgram([...asRoot(tools), "du", "-sk", path], { sink });
  return Number.parseInt(said, 10) * 1024 || 0;
}
