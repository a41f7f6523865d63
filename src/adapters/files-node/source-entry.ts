import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { pathFromBytes } from "../../core/path-bytes.js";
import type { SourceEntry } from "../../ports/file-source.js";
import { hostText } from "./host-path.js";
import { sourceFailure, specialFile } from "./source-failure.js";

/** What `lstat` says, as a coded error when it fails. */
export function lookAt(path: string | Buffer): Stats {
  try {
    return lstatSync(path);
  } catch (error) {
    throw sourceFailure(path, error);
  }
}

/**
 * The entry of a file, folder or link; undefined for a socket, which belongs to a running program and means nothing
 * in an image. Pipes and devices are refused: opening one could wait for ever.
 */
export function sourceEntry(path: string, hostPath: string | Buffer, stats: Stats): SourceEntry | undefined {
  const type = entryType(hostPath, stats);
  if (type === undefined) return undefined;
  const { ino, dev, mtimeMs, ctimeMs, size } = stats;
  const stamp = { ino, dev, mtimeMs, ctimeMs, size };
  const mode = stats.mode & 0o7777;
  if (type === "symlink") return { path, type, mode, size: 0, target: linkTarget(hostPath), hostPath, stamp };
  return { path, type, mode, size: type === "file" ? size : 0, hostPath, stamp };
}

function entryType(hostPath: string | Buffer, stats: Stats): SourceEntry["type"] | undefined {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "folder";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isSocket()) return undefined;
  throw specialFile(hostPath, stats.isFIFO() ? "named pipe" : "device");
}

/** The text of a link, byte for byte. */
export function linkTarget(hostPath: string | Buffer): string {
  try {
    return pathFromBytes(readlinkSync(hostPath, { encoding: "buffer" }));
  } catch (error) {
    throw sourceFailure(hostText(hostPath), error);
  }
}
