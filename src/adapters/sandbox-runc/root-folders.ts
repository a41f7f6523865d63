import { spawn } from "node:child_process";
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, renameSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { sha256Hex } from "../../core/bytes.js";
import { newOwnedName, ownerState } from "../host/owner-mark.js";
import { hasMounts, lookAt, writePlainFile } from "../host/plain-file.js";
import { namesIn } from "../host/store-folder.js";
import { asRoot, type HostTools, runQuietly, toolEnv } from "./host-tools.js";
import { deleteCommand } from "./runtime-config.js";

/**
 * The directories that root file systems are laid together from: `kept/` by key, and `work/` with one directory a process,
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

  /** Makes the directories, and removes what dead processes left. */
  async open(): Promise<void> {
    for (const folder of ["kept", "work"])
      mkdirSync(join(this.root, folder), { recursive: true, mode: 0o700 });
    const dead = readdirSync(join(this.root, "work")).filter((name) => ownerState(name) === "gone");
    const folders = dead.map((name) => join(this.root, "work", name));
    for (const folder of folders) await endDeadRuns(this.#tools, folder);
    await removeFolders(this.#tools, folders);
    mkdirSync(this.work, { mode: 0o700 });
  }

  /** A new empty directory of this process. */
  newFolder(): string {
    const folder = join(this.work, `${this.#count++}`);
    mkdirSync(folder);
    // Whatever the umask is.
    chmodSync(folder, 0o755);
    return folder;
  }

  /** Gives a directory of this process mode and owner. */
  async dress(folder: string, { mode, uid, gid }: { mode: number; uid: number; gid: number }): Promise<void> {
    if (this.#tools.root) chownSync(folder, uid, gid);
    else if (uid !== 0 || gid !== 0)
      await runQuietly([...asRoot(this.#tools), "chown", `${uid}:${gid}`, folder]);
    if (this.#tools.root || uid === 0) chmodSync(folder, mode);
    else await runQuietly([...asRoot(this.#tools), "chmod", mode.toString(8), folder]);
  }

  /**
   * The directory kept under a key. Its name says which directory it was when it was kept, so that another one in its place is
   * no root file system that a command could run in: it is removed, and the base is unpacked again.
   */
  find(key: string): string | undefined {
    const start = keptName(key);
    for (const name of namesIn(join(this.root, "kept"))) {
      if (!name.startsWith(start) || name.endsWith(USED)) continue;
      const folder = join(this.root, "kept", name);
      if (name === start + identityOf(folder)) {
        this.#touch(folder);
        return folder;
      }
      this.#drop(folder);
    }
    return undefined;
  }

  /** Moves a finished directory to its key. Where another process was faster, its directory is taken. */
  async keep(folder: string, key: string): Promise<string> {
    const found = this.find(key);
    if (found !== undefined) {
      await removeFolders(this.#tools, [folder]);
      return found;
    }
    const kept = join(this.root, "kept", keptName(key) + identityOf(folder));
    renameSync(folder, kept);
    this.#touch(kept);
    return kept;
  }

  /** Removes a directory with files of any owner. */
  async remove(folder: string): Promise<void> {
    await removeFolders(this.#tools, [folder]);
  }

  /** Removes directories of this process; what is kept stays. */
  async removeAll(folders: readonly string[]): Promise<void> {
    await removeFolders(
      this.#tools,
      folders.filter((folder) => dirname(folder) === this.work),
    );
  }

  async close(): Promise<void> {
    await removeFolders(this.#tools, [this.work]);
  }

  /** Takes a directory out of the way at once; to remove its files takes longer. */
  #drop(folder: string): void {
    const aside = join(this.work, `${this.#count++}`);
    try {
      renameSync(folder, aside);
    } catch {
      // Another process was faster.
      return;
    }
    void removeFolders(this.#tools, [aside]);
  }

  /** When a directory was last used stands beside it: the directory itself is part of an image. */
  #touch(folder: string): void {
    try {
      const mark = folder + USED;
      if (lookAt(mark)?.isFile() !== true) writePlainFile(mark, "");
      const now = new Date();
      utimesSync(mark, now, now);
    } catch {
      // Only the order of pruning suffers.
    }
  }
}

/** The end of the name of the file beside a kept directory, whose time is when it was used last. */
export const USED = ".used";

function keptName(key: string): string {
  return `${sha256Hex(key).slice(0, 24)}-`;
}

/** A directory's identity, which tells it from any other made in its place; a rename does not change it. */
function identityOf(folder: string): string {
  const stat = lstatSync(folder, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) return "gone";
  const { ino, birthtimeNs } = stat;
  return `${ino.toString(36)}-${birthtimeNs.toString(36)}`;
}

/** Ends what the runtime still knows of in the work directory of a process that was killed. */
export async function endDeadRuns(tools: HostTools, folder: string): Promise<void> {
  for (const bundle of namesIn(folder)) {
    const state = join(folder, bundle, "state");
    for (const name of namesIn(state))
      await runQuietly([...asRoot(tools), ...deleteCommand(tools, state, name)]);
  }
}

/** How long a removal is waited for, in milliseconds. */
const MOMENT = 100;

/**
 * Removes directories with files of any owner, by a process that may outlive this one: a disk takes seconds to forget the
 * thousands of files that a command wrote, and nobody has to wait for that. Folders in which something is mounted stay.
 */
export async function removeFolders(tools: HostTools, folders: readonly string[]): Promise<void> {
  const removable = folders.filter((folder) => !hasMounts(folder));
  if (removable.length === 0) return;
  const [program = "", ...args] = [...asRoot(tools), "rm", "-rf", "--one-file-system", "--", ...removable];
  const child = spawn(program, args, { env: toolEnv(), stdio: "ignore", detached: true });
  child.unref();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, MOMENT);
    const ended = () => {
      clearTimeout(timer);
      resolve();
    };
    child.once("exit", ended);
    child.once("error", ended);
  });
}
