import type { Call } from "../image/call.js";
import { parseContainerPath } from "../image/container-path.js";
import { type CacheOptions, checkCleaning } from "./cleaning-options.js";

/** How the dependencies of a project are installed from its lock file. */
export interface ProjectOptions extends CacheOptions {
  /** The folder of the project in the image. @default - the working folder */
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
