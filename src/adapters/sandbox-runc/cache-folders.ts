import { closeSync, mkdirSync, openSync, readdirSync, unlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sha256Hex } from "../../core/sha256.js";
import type { SandboxMount } from "../../ports/sandbox.js";
import { newOwnedName, ownerState } from "../store-dir/owner-mark.js";
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

const RETRY_MS = 200;

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
    for (let number = 0; ; ) {
      const own = sharing === "private" && number > 0 ? `${name}-${number}` : name;
      const path = this.#folder(own);
      const release = this.#lock(own);
      if (release !== undefined) return { path, release };
      if (sharing === "private") number++;
      // Not in step with another process that waits.
      else await sleep(RETRY_MS * (0.5 + Math.random()), undefined, signal === undefined ? {} : { signal });
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

  /** A lock is a file named by the process that holds it, so that one of a dead process does not count. */
  #lock(name: string): (() => void) | undefined {
    const holders = join(this.#root, name, "holders");
    clearUnlessFolder(holders);
    mkdirSync(holders, { recursive: true });
    const own = newOwnedName();
    const mine = join(holders, own);
    closeSync(openSync(mine, "wx"));
    const release = () => unlinkSync(mine);
    const others = readdirSync(holders).filter((other) => other !== own && ownerState(other) !== "gone");
    if (others.length === 0) return release;
    release();
    return undefined;
  }
}

/** A cache is worth nothing more once something else lies in its place. */
function clearUnlessFolder(path: string): void {
  if (lookAt(path)?.isDirectory() === false) removeTree(path);
}
