import { pathToBytes } from "../core/bytes.js";
import { EnvironmentError } from "../errors/layerwright-error.js";
import type { TarEntry } from "./tar-entry.js";
import { MAX_DEVICE_MAJOR, MAX_DEVICE_MINOR } from "./ustar-layout.js";

/** Bytes of a name and of a path that Linux takes (NAME_MAX, PATH_MAX), and the depth that layer readers take. */
const MAX_NAME = 255;
const MAX_PATH = 4096;
const MAX_DEPTH = 1024;

/**
 * Bytes of the largest file of the host that is read into an image, unless its copy says otherwise: more than the
 * largest layer that registries take. A larger one is most often sparse, and would be read for hours.
 */
export const MOST_FILE_BYTES = 64 * 1024 ** 3;

/** Throws when an entry cannot exist in a Linux root file system, or is not as `TarEntry` promises. */
export function checkWritable(entry: TarEntry): void {
  checkPath(entry.path, entry.type === "folder");
  checkNumber(entry, "mode", entry.mode, 0o7777);
  checkNumber(entry, "uid", entry.uid, 0xffffffff);
  checkNumber(entry, "gid", entry.gid, 0xffffffff);
  checkNumber(entry, "size", entry.size, Number.MAX_SAFE_INTEGER);
  if (Number.isNaN(entry.mtime)) throw unwritable(entry.path, "its mtime is not a number");
  if (entry.type === "hardlink") checkPath(entry.linkname ?? "", false);
  else if (entry.type === "symlink") checkTarget(entry.path, entry.linkname ?? "");
  else if (entry.type === "character-device" || entry.type === "block-device") {
    checkNumber(entry, "device major", entry.devmajor ?? 0, MAX_DEVICE_MAJOR);
    checkNumber(entry, "device minor", entry.devminor ?? 0, MAX_DEVICE_MINOR);
  }
}

/** The error for an entry that no tar can hold. */
export function unwritable(path: string, reason: string): EnvironmentError<"ENTRY_UNWRITABLE"> {
  return new EnvironmentError("ENTRY_UNWRITABLE", { path, reason }, { subject: path });
}

// Short plain paths, nearly all there are, take no walk over their parts.
const ODD = /[^\x01-\x7f]|^\/|\/$|\/\/|(?:^|\/)\.\.?(?:\/|$)/;

function checkPath(path: string, folder: boolean): void {
  if (path.length <= MAX_NAME && path !== "" && !ODD.test(path)) return;
  // The root folder itself has the empty path.
  if (path === "" && folder) return;
  if (path === "") throw unwritable(path, "it has no name");
  if (path.includes("\0")) throw unwritable(path, "its name holds a NUL");
  const bytes = pathToBytes(path);
  if (bytes.length > MAX_PATH) throw tooLong(path, `it has ${bytes.length} bytes, more than ${MAX_PATH}`);
  const parts = path.split("/");
  if (parts.length > MAX_DEPTH)
    throw tooLong(path, `it is ${parts.length} levels deep, more than ${MAX_DEPTH}`);
  for (const part of parts) {
    if (part === "" || part === "." || part === "..") {
      throw unwritable(
        path,
        "its path is not in normal form (no leading, trailing or double slash, no . or ..)",
      );
    }
    const length = pathToBytes(part).length;
    if (length > MAX_NAME) throw tooLong(path, `one of its names has ${length} bytes, more than ${MAX_NAME}`);
  }
}

function checkTarget(path: string, target: string): void {
  if (target === "" || target.includes("\0"))
    throw unwritable(path, "its symlink target is empty or holds a NUL");
  if (target.length * 3 <= MAX_PATH) return;
  const length = pathToBytes(target).length;
  if (length > MAX_PATH) throw tooLong(path, `its symlink target has ${length} bytes, more than ${MAX_PATH}`);
}

function checkNumber(entry: TarEntry, name: string, value: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= max) return;
  throw unwritable(entry.path, `its ${name} is ${value}, not a whole number from 0 to ${max}`);
}

function tooLong(path: string, reason: string): EnvironmentError<"PATH_TOO_LONG"> {
  return new EnvironmentError("PATH_TOO_LONG", { path, reason }, { subject: path });
}
