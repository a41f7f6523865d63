import { lstatSync, mkdirSync, utimesSync } from "node:fs";
import { basename, join } from "node:path";
import { sha256Hex } from "../../core/bytes.js";
import { PlanError } from "../../errors/layerwright-error.js";
import type { SandboxMount, SandboxRun } from "../../ports/sandbox.js";
import { takeLock } from "../host/owned-lock.js";
import { lookAt, removeTree } from "../host/plain-file.js";

/** Cache directories that a command may use until `release`. */
export interface TakenCaches {
  /** By id. */
  readonly paths: ReadonlyMap<string, string>;
  release(): void;
}

/**
 * Refuses mounts and a working directory below a cache mount that a link in the cache leads to: an earlier command may
 * have put it there, and it says where a mount point is made in the image.
 *
 * @throws {PlanError} SANDBOX_TARGET
 */
export function refuseLinksInCaches(
  { mounts, cwd, origin }: Pick<SandboxRun, "mounts" | "cwd" | "origin">,
  paths: ReadonlyMap<string, string>,
): void {
  const places = [...mounts.map(({ target }) => target), cwd];
  for (const [index, place] of places.entries()) {
    const around = mounts.slice(0, index).findLast(({ target }) => place.startsWith(`${target}/`));
    if (around?.type !== "cache") continue;
    let at = paths.get(around.id)!;
    for (const name of place.slice(around.target.length + 1).split("/")) {
      at = join(at, name);
      const found = look(at);
      if (found === "nothing") break;
      if (found === "something") continue;
      const what = index === mounts.length ? `the working directory ${place}` : `the mount at ${place}`;
      const reason = `${found} in the cache at ${around.target}`;
      throw new PlanError("SANDBOX_TARGET", { what, reason }, { subject: what, origin });
    }
  }
}

function look(
  path: string,
): "nothing" | "something" | `${string}${" is a symbolic link" | " cannot be read"}` {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return "nothing";
    return stat.isSymbolicLink() ? `${basename(path)} is a symbolic link` : "something";
  } catch {
    return `${basename(path)} cannot be read`;
  }
}

interface CacheFolder {
  readonly path: string;
  release(): void;
}

type CacheMount = Extract<SandboxMount, { type: "cache" }>;

/** The lock of a cache that one command has for itself. */
export function cacheLock(folder: string): string {
  return join(folder, "lock");
}

/**
 * Directories that outlive the commands that use them, by id. `shared` directories are used by any number of commands at once,
 * `locked` ones by one after the other, and of `private` ones each command gets one that nobody else uses now.
 */
export class CacheFolders {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Takes the directories of all cache mounts, each id once. They are taken in one order everywhere, so that two commands
   * never wait for each other.
   */
  async takeAll(mounts: readonly SandboxMount[], signal: AbortSignal | undefined): Promise<TakenCaches> {
    const caches = mounts.filter((mount): mount is CacheMount => mount.type === "cache");
    const wanted = new Map(caches.map((mount) => [mount.id, mount.sharing]));
    const taken: CacheFolder[] = [];
    const paths = new Map<string, string>();
    const release = () => {
      for (const folder of taken.splice(0)) folder.release();
    };
    try {
      for (const [id, sharing] of [...wanted].sort(([left], [right]) => (left < right ? -1 : 1))) {
        const folder = await this.#take(id, sharing, signal);
        taken.push(folder);
        paths.set(id, folder.path);
      }
      return { paths, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #take(
    id: string,
    sharing: CacheMount["sharing"],
    signal: AbortSignal | undefined,
  ): Promise<CacheFolder> {
    const name = sha256Hex(id).slice(0, 24);
    if (sharing === "shared") return { path: this.#folder(name), release() {} };
    for (let number = 0; ; number++) {
      const own = sharing === "private" && number > 0 ? `${name}-${number}` : name;
      const path = this.#folder(own);
      // Of private ones there is always another.
      const wait = sharing === "private" ? { signal, patienceMs: 0 } : { signal };
      const release = await takeLock(cacheLock(join(this.#root, own)), wait);
      if (release !== undefined) return { path, release };
    }
  }

  #folder(name: string): string {
    const path = join(this.#root, name, "files");
    for (const folder of [join(this.#root, name), path]) clearUnlessFolder(folder);
    // Nobody else of the machine gets at what commands leave there, such as programs that are set-user-id.
    mkdirSync(this.#root, { recursive: true, mode: 0o700 });
    mkdirSync(path, { recursive: true, mode: 0o755 });
    // When it was last used, for pruning: on the directory around it, which commands do not see.
    const now = new Date();
    utimesSync(join(this.#root, name), now, now);
    return path;
  }
}

/** A cache is worth nothing more once something else lies in its place. */
function clearUnlessFolder(path: string): void {
  if (lookAt(path)?.isDirectory() === false) removeTree(path);
}
