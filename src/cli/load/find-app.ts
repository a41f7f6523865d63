import { realpathSync, statSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { UsageError } from "../usage-error.js";

/** The names that a catalog is looked for under, in the working folder. */
export const catalogNames = ["catalog.ts", "catalog.mts", "catalog.js", "catalog.mjs"] as const;

/** The user's file. */
export interface App {
  /** Absolute, with links resolved, as Node names the entry of a process. */
  readonly entry: string;
  /** As messages name it: relative to the working folder. */
  readonly shown: string;
  readonly folder: string;
}

/**
 * Finds the user's file: the one that was named, else the first usual name in the working folder.
 *
 * @throws {UsageError} CATALOG_NOT_FOUND
 */
export function findApp(named: string | undefined, folder = process.cwd()): App {
  const looked = named === undefined ? catalogNames : [named];
  for (const name of looked) {
    const path = resolve(folder, name);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const entry = realpathSync(path);
    // The folder of the path as written: a catalog that is a link belongs to where the link is.
    return { entry, shown: relative(folder, path).split(sep).join("/"), folder: dirname(path) };
  }
  throw new UsageError("CATALOG_NOT_FOUND", { folder, looked }, { subject: folder });
}
