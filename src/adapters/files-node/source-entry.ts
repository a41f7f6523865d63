import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { pathFromBytes } from "../../core/path-bytes.js";
import type { SourceEntry } from "../../ports/file-source.js";
import { hostText } from "./host-path.js";
import { ListedEntry, ListedFile } from "./listed-file.js";
import { sourceFailure, specialFile } from "./source-failure.js";

/** What `lstat` says, as a coded error when it fails. */
export function lookAt(path: string | Buffer): Stats {
  try {
    return lstatSync(path);
  } catch (error) {
    throw sourceFailure(path, error);
  }
}

/** What `lstat` says; undefined where there is nothing of this name. */
export function statsOrNothing(path: string | Buffer): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
    throw sourceFailure(path, error);
  }
}

/**
 * The entry of a file, folder or link; undefined for a socket, which belongs to a running program and means nothing
 * in an image. Pipes and devices are refused: opening one could wait for ever.
 *
 * @param name undefined when the source itself is meant, and `folder` is its path
 */
export function sourceEntry(
  parent: ListedEntry | undefined,
  folder: string | Buffer,
  name: string | undefined,
  stats: Stats,
): ListedEntry | undefined {
  const host = new ListedFile(folder, name, stats);
  const type = entryType(host, stats);
  if (type === undefined) return undefined;
  const target = type === "symlink" ? linkTarget(host.path) : undefined;
  return new ListedEntry(parent, name ?? "", type, stats.mode & 0o7777, target, host);
}

function entryType(host: ListedFile, stats: Stats): SourceEntry["type"] | undefined {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "folder";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isSocket()) return undefined;
  throw specialFile(host.path, stats.isFIFO() ? "named pipe" : "device");
}

/** The text of a link, byte for byte. */
export function linkTarget(hostPath: string | Buffer): string {
  try {
    return pathFromBytes(readlinkSync(hostPath, { encoding: "buffer" }));
  } catch (error) {
    throw sourceFailure(hostText(hostPath), error);
  }
}
