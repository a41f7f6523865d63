import { leftovers, type ManagerName } from "./leftovers.js";

type Leftovers = (typeof leftovers)[ManagerName] & {
  readonly clear?: string;
  readonly beside?: readonly string[];
  readonly rest?: readonly string[];
  readonly logs?: readonly string[];
  readonly mountedAt?: RegExp;
};

/** What a clean-up leaves where it is. */
export interface CleanUpChoice {
  readonly keepCache?: boolean;
  readonly keepLogs?: boolean;
  /** Where caches are mounted while the command runs: what lies there is not in the layer, and stays. */
  readonly mounted?: readonly string[];
}

/**
 * The shell command that removes what a package manager left, nothing that an installed package owns; it succeeds
 * when there is nothing to remove. Empty when nothing is to be removed at all.
 */
export function cleanUp(manager: ManagerName, choice: CleanUpChoice = {}): string {
  const { clear, cache, beside = [], rest = [], logs = [] } = leftovers[manager] as Leftovers;
  const { keepCache = false, keepLogs = false, mounted = [] } = choice;
  const removed = [
    ...(keepCache ? [] : cache.filter((word) => !isMounted(manager, word, mounted))),
    ...(keepCache ? [] : beside),
    ...rest,
    ...(keepLogs ? [] : logs),
  ];
  return [
    ...(clear === undefined || keepCache || holdsCache(manager, mounted) ? [] : [clear]),
    ...(removed.length === 0 ? [] : [`rm -rf ${removed.join(" ")}`]),
  ].join(" && ");
}

/** Whether one of these cache mounts holds what the manager downloads. */
function holdsCache(manager: ManagerName, mounted: readonly string[]): boolean {
  const { mounts, mountedAt } = leftovers[manager] as Leftovers;
  return mounted.some((target) => isOneOf(mounts, target) || mountedAt?.test(target) === true);
}

/** Whether a leftover is inside of a mount, or a mount inside of it: then it cannot be removed either. */
function isMounted(manager: ManagerName, word: string, mounted: readonly string[]): boolean {
  if (!word.startsWith("/")) return holdsCache(manager, mounted);
  return mounted.some((target) => `${word}/`.startsWith(`${target}/`) || target.startsWith(`${word}/`));
}

/** Whether a mount is one of the folders or holds one. */
function isOneOf(folders: readonly string[], target: string): boolean {
  return folders.some((folder) => `${folder}/`.startsWith(`${target}/`));
}
