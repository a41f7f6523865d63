import { mkdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "../../core/sha256.js";
import type { SandboxMount } from "../../ports/sandbox.js";
import { takeLock } from "../store-dir/owned-lock.js";
import { lookAt, removeTree } from "../store-dir/plain-file.js";

/** Cache folders that a command may use until `release`. */
export interface TakenCaches {
  /** By id. */
  readonly paths: ReadonlyMap<string, string>;
  release(): void;
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
 * Folders that outlive the commands that use them, by id. `shared` folders are used by any number of commands at once,
 * `locked` ones by one after the other, and of `private` ones each command gets one that nobody else uses now.
 */
export class CacheFolders {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Takes the folders of all cache mounts, each id once. They are taken in one order everywhere, so that two commands
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
    mkdirSync(path, { recursive: true, mode: 0o755 });
    // When it was last used, for pruning: on the folder around it, which commands do not see.
    const now = new Date();
    utimesSync(join(this.#root, name), now, now);
    return path;
  }
}

/** A cache is worth nothing more once something else lies in its place. */
function clearUnlessFolder(path: string): void {
  if (lookAt(path)?.isDirectory() === false) removeTree(path);
}
