import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { newOwnedName, ownerState } from "../store-dir/owner-mark.js";

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
  for (const { folder, limits: files } of placesOf(root)) {
    const own = [...left].filter((limit) => files[limit] !== undefined);
    if (own.length === 0) continue;
    const group = join(folder, name);
    try {
      mkdirSync(group);
      made.push(group);
      for (const limit of own) write(join(group, files[limit]!), `${wanted[limit]}`);
      mkdirSync(join(group, "run"));
    } catch {
      removeGroup(group);
      continue;
    }
    for (const limit of own) left.delete(limit);
    joins.push(join(group, "run", "cgroup.procs"));
  }
  return {
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

/** Removes the groups of processes that were killed. */
export function removeDeadGroups(root: string = ROOT): void {
  for (const { folder } of placesOf(root)) {
    for (const name of namesIn(folder)) {
      if (!name.startsWith(PREFIX) || ownerState(name.slice(PREFIX.length)) !== "gone") continue;
      removeGroup(join(folder, name));
    }
  }
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

/** Writes to a file that the kernel has to have made: a controller that is not there has none. */
function write(path: string, text: string): void {
  const file = openSync(path, "r+");
  try {
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
}

function removeGroup(group: string): void {
  for (const name of namesIn(group, true)) removeGroup(join(group, name));
  try {
    rmdirSync(group);
  } catch {
    // Where its last process is still ending, the next build removes it.
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
