import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { newOwnedName, ownerState } from "../host/owner-mark.js";

/** Limits of all processes of a command together. */
export interface CommandLimits {
  /** @default - no limit of ours */
  readonly memoryBytes?: number | undefined;
  /** @default - 16384 */
  readonly processes?: number | undefined;
}

/** The limit of processes where none is given: more than any build needs, and less than a machine has. */
export const PROCESSES = 16_384;

const ROOT = "/sys/fs/cgroup";
const PREFIX = "layerwright-";

/** A place where groups of processes can be made, with its controller's names of limits. */
interface Place {
  readonly folder: string;
  readonly limits: Partial<Record<keyof CommandLimits, string>>;
}

/** A group of processes with limits (kernel: cgroup-v1, cgroup-v2). */
export interface ProcessGroup {
  /**
   * The name of the group, and of the container in it: runtimes make groups of that name in every hierarchy, and leave
   * them when they are killed.
   */
  readonly name: string;
  /** The files that a process which writes `0` to them joins the group by. */
  readonly joins: readonly string[];
  /** Removes the group, whose processes have ended. */
  remove(): void;
}

/**
 * Makes a group for one command. It has a group below it for the runtime, so that a runtime which makes another beside
 * its own stays in it.
 *
 * @returns the group, with the limits that this machine lets nobody set left out
 */
export function makeGroup(limits: CommandLimits, root: string = ROOT): ProcessGroup {
  const name = `${PREFIX}${newOwnedName()}`;
  const made: string[] = [];
  const joins: string[] = [];
  const wanted = { processes: PROCESSES, ...limits };
  const left = new Set(
    (["processes", "memoryBytes"] as const).filter((limit) => wanted[limit] !== undefined),
  );
  // A process is in one group of version 2: first a place is looked for that can have all limits, then one for some.
  for (const some of [false, true]) {
    for (const { folder, limits: files } of placesOf(root)) {
      const own = [...left].filter((limit) => files[limit] !== undefined);
      if (own.length === 0) continue;
      const group = join(folder, name);
      try {
        mkdirSync(group);
        mkdirSync(join(group, "run"));
      } catch {
        removeGroup(group);
        continue;
      }
      const set = own.filter((limit) => write(join(group, files[limit]!), `${wanted[limit]}`));
      if (set.length === 0 || (set.length < own.length && !some)) {
        removeGroup(group);
        continue;
      }
      made.push(group);
      for (const limit of own) left.delete(limit);
      joins.push(join(group, "run", "cgroup.procs"));
    }
  }
  return {
    name,
    joins,
    remove() {
      for (const group of made) removeGroup(group);
    },
  };
}

/** The limits that can be set here, by a try. */
export function possibleLimits(root: string = ROOT): readonly (keyof CommandLimits)[] {
  const tries = { processes: { processes: PROCESSES }, memoryBytes: { memoryBytes: 2 ** 30 } } as const;
  return (["processes", "memoryBytes"] as const).filter((limit) => {
    const group = makeGroup({ processes: undefined, ...tries[limit] }, root);
    group.remove();
    return group.joins.length > 0;
  });
}

/**
 * Removes the groups that commands of processes which are gone left behind, their runtimes' among them.
 *
 * @param where `near` looks beside and above this process's own groups, where a command of its kind leaves them;
 *   `everywhere` in every group, since a session that is gone had others
 * @returns the number of the groups that are gone, or with `dryRun` would be
 */
export function removeDeadGroups(
  where: "near" | "everywhere",
  { root = ROOT, dryRun = false }: { readonly root?: string; readonly dryRun?: boolean } = {},
): number {
  const near = new Set([...ownGroups().values(), "/"].flatMap(withParents));
  const starts = hierarchiesOf(root).flatMap((top) =>
    where === "near" ? [...near].map((path) => join(top, path)) : groupsBelow(top),
  );
  const dead = starts.flatMap((folder) =>
    namesIn(folder, true)
      .filter(isDead)
      .map((name) => join(folder, name)),
  );
  return dead.filter((group) => (dryRun ? isRemovable(group) : removeGroup(group))).length;
}

function isDead(name: string): boolean {
  return name.startsWith(PREFIX) && ownerState(name.slice(PREFIX.length)) === "gone";
}

/** The hierarchies: one for each controller in version 1, one for all in version 2, both where a machine has both. */
function hierarchiesOf(root: string): readonly string[] {
  if (namesIn(root).includes("cgroup.controllers")) return [root];
  const folders = namesIn(root, true).map((name) => join(root, name));
  return folders.filter((folder) => namesIn(folder).includes("cgroup.procs"));
}

function groupsBelow(folder: string): readonly string[] {
  const inner = namesIn(folder, true).filter((name) => !isDead(name));
  return [folder, ...inner.flatMap((name) => groupsBelow(join(folder, name)))];
}

function withParents(path: string): readonly string[] {
  return path === dirname(path) ? [path] : [path, ...withParents(dirname(path))];
}

/** Places in the order in which they are tried: below this process's own group, then where its group itself stands. */
function placesOf(root: string): readonly Place[] {
  const own = ownGroups();
  const unified = { processes: "pids.max", memoryBytes: "memory.max" } as const;
  const path = own.get("");
  if (namesIn(root).includes("cgroup.controllers") && path !== undefined)
    return [...new Set([path, dirname(path), "/"])].map((folder) => ({
      folder: join(root, folder),
      limits: unified,
    }));
  const controllers = [
    { controller: "pids", limits: { processes: "pids.max" } },
    { controller: "memory", limits: { memoryBytes: "memory.limit_in_bytes" } },
  ] as const;
  return controllers.map(({ controller, limits }) => ({
    folder: join(root, controller, own.get(controller) ?? "/"),
    limits,
  }));
}

/** The groups of this process by controller; the one of version 2 under an empty name. */
function ownGroups(): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  try {
    for (const line of readFileSync("/proc/self/cgroup", "utf8").split("\n")) {
      const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
      if (path !== undefined) for (const one of controllers!.split(",")) groups.set(one, path);
    }
  } catch {
    // No groups on this machine.
  }
  return groups;
}

/** Writes to a file that the kernel has to have made: a controller that is not there has none, and then it is false. */
function write(path: string, text: string): boolean {
  try {
    const file = openSync(path, "r+");
    try {
      writeSync(file, text);
    } finally {
      closeSync(file);
    }
    return true;
  } catch {
    return false;
  }
}

/** Removes a group and those in it. Where its last process is still ending, it stays for the next build. */
function removeGroup(group: string): boolean {
  for (const name of namesIn(group, true)) removeGroup(join(group, name));
  try {
    rmdirSync(group);
    return true;
  } catch {
    return false;
  }
}

/** True where a process of this user may remove a group: it may write above it, and nothing runs in it. */
function isRemovable(group: string): boolean {
  try {
    accessSync(dirname(group), constants.W_OK);
    return groupsBelow(group).every((folder) => readFileSync(join(folder, "cgroup.procs"), "utf8") === "");
  } catch {
    return false;
  }
}

function namesIn(folder: string, folders = false): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => !folders || entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}
