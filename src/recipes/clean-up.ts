import { type Leftovers, leftovers, type ManagerName } from "./leftovers.js";

/** What a clean-up leaves where it is. */
export interface CleanUpChoice {
  readonly keepCache?: boolean;
  readonly keepLogs?: boolean;
  /** True when a lower layer holds the lists, so that removing them would only hide them. */
  readonly keepLists?: boolean;
  /** Where caches are mounted while the command runs: what lies there is not in the layer, and stays. */
  readonly mounted?: readonly string[];
}

/**
 * The shell command that removes what a package manager left, nothing that an installed package owns; it succeeds
 * when there is nothing to remove. Empty when nothing is to be removed at all.
 */
export function cleanUp(manager: ManagerName, choice: CleanUpChoice = {}): string {
  const { clear, cache, lists = [], beside = [], rest = [], logs = [] }: Leftovers = leftovers[manager];
  const { keepCache = false, keepLogs = false, keepLists = false, mounted = [] } = choice;
  const stays = (word: string): boolean => keepLists && lists.includes(word);
  const removed = [
    ...(keepCache ? [] : cache.filter((word) => !(isMounted(manager, word, mounted) || stays(word)))),
    ...(keepCache ? [] : beside),
    ...rest,
    ...(keepLogs ? [] : logs),
  ];
  return [
    ...(clear === undefined || keepCache || holdsCache(manager, mounted) ? [] : [clear]),
    ...(removed.length === 0 ? [] : [`rm -rf ${removed.join(" ")}`]),
  ].join(" && ");
}

/** True when one of these cache mounts holds what the manager downloads. */
function holdsCache(manager: ManagerName, mounted: readonly string[]): boolean {
  const { mounts, mountedAt }: Leftovers = leftovers[manager];
  return mounted.some((target) => isOneOf(mounts, target) || mountedAt?.test(target) === true);
}

/** True when a leftover is inside of a mount, or a mount inside of it: then it cannot be removed either. */
function isMounted(manager: ManagerName, word: string, mounted: readonly string[]): boolean {
  if (!word.startsWith("/")) return holdsCache(manager, mounted);
  return mounted.some((target) => `${word}/`.startsWith(`${target}/`) || target.startsWith(`${word}/`));
}

/** True when a mount is one of the folders or holds one. */
function isOneOf(folders: readonly string[], target: string): boolean {
  return folders.some((folder) => `${folder}/`.startsWith(`${target}/`));
}
