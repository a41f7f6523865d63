import { utimesSync } from "node:fs";

/** Notes that a file was used now, for prune. Does nothing where that cannot be written down. */
export function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // A read-only store still serves blobs.
  }
}
