import { type Call, checkFlag, checkOptions, refuse } from "../image/call.js";

/** What becomes of what a package manager downloads. */
export interface CacheOptions {
  /**
   * `"remove"`: it is never in the layer. `"mount"`: it is in cache mounts of the builder, so that the next build
   * downloads less, and is never in the layer either. `"keep"`: it stays in the layer.
   *
   * @default - "remove"
   */
  readonly cache?: "remove" | "mount" | "keep";
}

/** What is kept of an installation by a package manager that writes logs. */
export interface LogOptions extends CacheOptions {
  /** True when the manager's logs stay in the layer. @default - false */
  readonly keepLogs?: boolean;
}

/** What is kept of an installation by a package manager whose packages bring documentation. */
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
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "option cache", got: cache, allowed });
  }
  for (const flag of flags) checkFlag(call, flag, (options as Readonly<Record<string, unknown>>)[flag]);
}
