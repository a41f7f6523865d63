import { isWithin } from "../core/posix-path.js";
import type { MkdirOperation, Operation } from "./operation.js";

/**
 * Tells whether an operation makes a missing directory just as the `mkdir` of a `workdir` would, root's with mode 0755:
 * it writes into the directory, and has no owner or mode of its own that a builder would give the directory as well.
 */
export function impliesDirectory(operation: Operation, directory: MkdirOperation): boolean {
  if (directory.ifMissing !== true || directory.owner !== undefined || !isPlain(directory.mode)) return false;
  switch (operation.op) {
    case "copy": {
      if (operation.owner !== undefined || !(operation.mode === undefined || isPlain(operation.mode)))
        return false;
      if (!isWithin(operation.dest, directory.path)) return false;
      // A directory of another stage that is copied to a new place keeps its own mode and owner there.
      return (
        operation.dest !== directory.path ||
        operation.sources.every((source) => source.from === "context" && !source.found?.irregular.length)
      );
    }
    case "write":
      return (
        operation.owner === undefined && isPlain(operation.mode, 0o644) && isBelow(operation.path, directory)
      );
    case "mkdir":
      return operation.owner === undefined && isPlain(operation.mode) && isBelow(operation.path, directory);
    default:
      return false;
  }
}

function isBelow(path: string, directory: MkdirOperation): boolean {
  return path !== directory.path && isWithin(path, directory.path);
}

function isPlain(mode: MkdirOperation["mode"], also = 0o755): boolean {
  return "octal" in mode && (mode.octal === 0o755 || mode.octal === also);
}
