import type { Command } from "commander";
import type { LockOptions } from "../project/options.js";

/** The options about the lock as they were written. */
export interface LockFlags {
  /** False under `--no-lock`. */
  readonly lock?: string | false;
  readonly locked?: boolean;
  readonly offline?: boolean;
}

/** Which lock, and whether it has to be complete. */
export function addLockFlags(command: Command): void {
  command
    .option("--lock <file>", "the lock (default: layerwright.lock.json beside the catalog)")
    .option("--no-lock", "pin nothing: take what tags name now")
    .option("--locked", "refuse what is not in the lock, and never write it");
}

/** True when anything outside may be looked at. */
export function addLookFlags(command: Command): void {
  command.option("--offline", "never use the network: all has to be in the lock and in the store");
}

/** The options of the api that were meant. */
export function lockOptionsOf({
  lock,
  locked,
  offline,
}: LockFlags): Pick<LockOptions, "lock" | "locked" | "offline"> {
  return {
    // The parser says true where neither --lock nor --no-lock was written.
    ...(typeof lock === "string" || lock === false ? { lock } : {}),
    ...(locked === undefined ? {} : { locked }),
    ...(offline === undefined ? {} : { offline }),
  };
}
