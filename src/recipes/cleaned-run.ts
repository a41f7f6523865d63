import type { Recipe } from "../image/image.js";
import type { RunOptions } from "../image/run-steps.js";
import { cleanUp } from "./clean-up.js";
import type { LogOptions } from "./cleaning-options.js";
import { leftovers, type ManagerName } from "./leftovers.js";
import { shellWord } from "./shell-word.js";

/** A command of a package manager, and what surrounds it. */
interface CleanedCommand {
  readonly manager: ManagerName;
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs; the working folder when absent. */
  readonly folder?: string | undefined;
  /** True when the command as it is written leaves nothing that has to be removed. */
  readonly clean?: boolean;
}

/** Managers that lock their cache: of two builds at a time, one waits. */
const LOCKED: readonly ManagerName[] = ["apt", "apk", "dnf", "microdnf", "yum", "zypper"];

/** One run step: the command, then the removal of what it left, unless the options keep that. */
export function cleanedRun(cleaned: CleanedCommand, options: LogOptions): Recipe {
  const { manager, command, env = {}, folder, clean = false } = cleaned;
  const { cache, keepLogs = false } = options;
  const mounted: readonly string[] = cache === "mount" ? leftovers[manager].mounts : [];
  const removal = clean ? "" : cleanUp(manager, { keepCache: cache === "keep", keepLogs, mounted });
  const surroundings: RunOptions = {
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(mounted.length === 0 ? {} : { mounts: mounted.map((target) => cacheMount(manager, target)) }),
    ...(cache === "keep" || keepLogs ? { keepLeftovers: true } : {}),
  };
  // Not by the step's working folder: a Dockerfile could not go back to that of a base in a registry.
  const parts = [...(folder === undefined ? [] : [`cd ${pathWord(folder)}`]), command, removal];
  const whole = parts.filter((part) => part !== "").join(" && ");
  return (image) => image.run(whole, surroundings);
}

/** A path as a word that no command takes for an option. */
function pathWord(path: string): string {
  return shellWord(path.startsWith("-") ? `./${path}` : path);
}

function cacheMount(manager: ManagerName, target: string) {
  const sharing = LOCKED.includes(manager) ? ({ sharing: "locked" } as const) : {};
  return { type: "cache", target, ...sharing } as const;
}
