import { type Call, checkFlag, checkOptions, refuse } from "../image/call.js";
import { parseContainerPath } from "../image/container-path.js";
import type { Recipe } from "../image/image.js";
import type { RunOptions } from "../image/run-steps.js";
import { cleanUp, leftovers, type ManagerName } from "./leftovers.js";
import { shellWord } from "./package-list.js";

/** A command of a package manager, and what surrounds it. */
interface CleanedCommand {
  readonly manager: ManagerName;
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The directory that it runs in; the working directory when absent. */
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
  // Not by the step's working directory: a Dockerfile could not go back to that of a base in a registry.
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

/** The choice between removing and mounting what a package manager downloads. */
export interface CacheOptions {
  /**
   * `"remove"`: it is never in the layer. `"mount"`: it is in cache mounts of the builder, so that the next build
   * downloads less, and is never in the layer either. `"keep"`: it stays in the layer.
   *
   * @default - "remove"
   */
  readonly cache?: "remove" | "mount" | "keep";
}

/** The options of a package manager that writes logs. */
export interface LogOptions extends CacheOptions {
  /** True when the manager's logs stay in the layer. @default - false */
  readonly keepLogs?: boolean;
}

/** The options of a package manager whose packages bring documentation. */
export interface DocumentationOptions extends LogOptions {
  /** True when manual pages and other documentation are installed. @default - false */
  readonly keepDocs?: boolean;
}

const CACHES: readonly string[] = ["remove", "mount", "keep"];

/** Refuses options that a package recipe does not have; `flags` are booleans, `others` the recipe reads itself. */
export function checkCleaning(
  call: Call,
  options: CacheOptions,
  flags: readonly string[] = [],
  others: readonly string[] = [],
): void {
  checkOptions(call, options, ["cache", ...flags, ...others]);
  const { cache } = options;
  if (cache !== undefined && !CACHES.includes(cache)) {
    const allowed = CACHES.join(", ");
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "cache", got: cache, allowed });
  }
  for (const flag of flags) checkFlag(call, flag, (options as Readonly<Record<string, unknown>>)[flag]);
}

/** Options to install the dependencies of a project from its lock file. */
export interface ProjectOptions extends CacheOptions {
  /** The directory of the project in the image. @default - the working directory */
  readonly folder?: string;
  /** True when development dependencies are installed too. @default - false */
  readonly dev?: boolean;
}

/** Refuses options that an installation from a lock file does not have. */
export function checkProject(call: Call, options: ProjectOptions, flags: readonly string[] = []): void {
  checkCleaning(call, options, ["dev", ...flags], ["folder"]);
  if (options.folder !== undefined) parseContainerPath(call, options.folder);
}

/** One package or several, as recipes with options take them. */
export function listOf<T>(packages: T | readonly T[]): readonly T[] {
  return Array.isArray(packages) ? packages : [packages as T];
}
