import { chmodSync, chownSync, mkdirSync, readdirSync, renameSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "../../core/sha256.js";
import { newOwnedName, ownerState } from "../store-dir/owner-mark.js";
import { lookAt, removeTree, writePlainFile } from "../store-dir/plain-file.js";
import { endDeadRuns } from "./dead-runs.js";
import { asRoot, type HostTools } from "./host-tools.js";
import { removeFolders } from "./remove-folders.js";
import { runQuietly } from "./run-program.js";

/**
 * The folders that root file systems are laid together from: `kept/` by key, and `work/` with one folder a process,
 * whose layers go with it. Names are short, because a mount names up to a hundred of them.
 */
export class RootFolders {
  readonly root: string;
  readonly work: string;
  readonly #tools: HostTools;
  #count = 0;

  constructor(root: string, tools: HostTools) {
    this.root = root;
    this.#tools = tools;
    this.work = join(root, "work", newOwnedName());
  }

  /** Makes the folders, and removes what dead processes left. */
  async open(): Promise<void> {
    for (const folder of ["kept", "work"])
      mkdirSync(join(this.root, folder), { recursive: true, mode: 0o700 });
    const dead = readdirSync(join(this.root, "work")).filter((name) => ownerState(name) === "gone");
    const folders = dead.map((name) => join(this.root, "work", name));
    for (const folder of folders) await endDeadRuns(this.#tools, folder);
    await removeFolders(this.#tools, folders);
    mkdirSync(this.work, { mode: 0o700 });
  }

  /** A new empty folder of this process. */
  newFolder(): string {
    const folder = join(this.work, `${this.#count++}`);
    mkdirSync(folder);
    // Whatever the umask is.
    chmodSync(folder, 0o755);
    return folder;
  }

  /** Gives a folder of this process mode and owner. */
  async dress(folder: string, { mode, uid, gid }: { mode: number; uid: number; gid: number }): Promise<void> {
    if (this.#tools.root) chownSync(folder, uid, gid);
    else if (uid !== 0 || gid !== 0)
      await runQuietly([...asRoot(this.#tools), "chown", `${uid}:${gid}`, folder]);
    if (this.#tools.root || uid === 0) chmodSync(folder, mode);
    else await runQuietly([...asRoot(this.#tools), "chmod", mode.toString(8), folder]);
  }

  /** The folder kept under a key. */
  find(key: string): string | undefined {
    const folder = this.#kept(key);
    const found = lookAt(folder);
    if (found?.isDirectory() === false) removeTree(folder);
    if (found?.isDirectory() !== true) return undefined;
    this.#touch(folder);
    return folder;
  }

  /** Moves a finished folder to its key. Where another process was faster, its folder is taken. */
  async keep(folder: string, key: string): Promise<string> {
    const kept = this.#kept(key);
    try {
      renameSync(folder, kept);
    } catch (error) {
      if (lookAt(kept)?.isDirectory() !== true) throw error;
      await removeFolders(this.#tools, [folder]);
    }
    this.#touch(kept);
    return kept;
  }

  /** Removes a folder with files of any owner. */
  async remove(folder: string): Promise<void> {
    await removeFolders(this.#tools, [folder]);
  }

  async close(): Promise<void> {
    await removeFolders(this.#tools, [this.work]);
  }

  #kept(key: string): string {
    return join(this.root, "kept", sha256Hex(key).slice(0, 24));
  }

  /** When a folder was last used stands beside it: the folder itself is part of an image. */
  #touch(folder: string): void {
    try {
      if (lookAt(`${folder}.used`)?.isFile() !== true) writePlainFile(`${folder}.used`, "");
      const now = new Date();
      utimesSync(`${folder}.used`, now, now);
    } catch {
      // Only the order of pruning suffers.
    }
  }
}
