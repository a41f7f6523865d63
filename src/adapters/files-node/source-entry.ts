import type { Stats } from "node:fs";
import type { HostPlace } from "../../archive/held-directory.js";
import { pathFromBytes } from "../../core/bytes.js";
import type { SourceEntry } from "../../ports/file-source.js";
import { ListedEntry, ListedFile } from "./listed-file.js";
import { sourceFailure, specialFile } from "./source-failure.js";

/** The `lstat` of a name in a directory, with a coded error when it fails. */
export function lookAt(place: HostPlace, name: string): Stats {
  try {
    return place.statsOf(name);
  } catch (error) {
    throw sourceFailure(place.child(name).path, error);
  }
}

/** The `lstat` of a path; undefined where there is nothing of this name. */
export function statsOrNothing(place: HostPlace): Stats | undefined {
  try {
    return place.stats();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
    throw sourceFailure(place.path, error);
  }
}

/**
 * The entry of a file, folder or link; undefined for a socket, which belongs to a running program and means nothing
 * in an image. Pipes and devices are refused: opening one could wait for ever.
 *
 * @param place the directory that it is in
 * @param shown the name in the listing: empty for the source itself
 */
export function sourceEntry(
  parent: ListedEntry | undefined,
  place: HostPlace,
  name: string,
  stats: Stats,
  shown = name,
): ListedEntry | undefined {
  const host = new ListedFile(place, name, stats);
  const type = entryType(host, stats);
  if (type === undefined) return undefined;
  const target = type === "symlink" ? linkTarget(place, name) : undefined;
  return new ListedEntry(parent, shown, type, stats.mode & 0o7777, target, host);
}

function entryType(host: ListedFile, stats: Stats): SourceEntry["type"] | undefined {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "folder";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isSocket()) return undefined;
  throw specialFile(host.path, stats.isFIFO() ? "named pipe" : "device");
}

/** The text of a link, byte for byte. */
export function linkTarget(place: HostPlace, name: string): string {
  try {
    return pathFromBytes(place.targetOf(name));
  } catch (error) {
    throw sourceFailure(place.child(name).path, error);
  }
}
