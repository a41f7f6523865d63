import * as fs from "node:fs";
import { promisify } from "node:util";
import {
  EnvironmentError,
  isLayerwrightError,
  type LayerwrightError,
} from "../../errors/layerwright-error.js";

/** The calls that change the disk, apart from the code that makes them so that tests can let any one of them fail. */
export interface DiskCalls {
  openSync(path: string, flags: string | number, mode?: number): number;
  closeSync(fd: number): void;
  writeSync(fd: number, data: Uint8Array, offset: number, length: number): number;
  fchmodSync(fd: number, mode: number): void;
  renameSync(from: string, to: string): void;
  unlinkSync(path: string): void;
  mkdirSync(path: string, options: { recursive: true; mode: number }): void;
  fsync(fd: number): Promise<void>;
  fdatasync(fd: number): Promise<void>;
}

/** The calls of the machine itself. */
export const realDisk: DiskCalls = {
  openSync: fs.openSync,
  closeSync: fs.closeSync,
  writeSync: (fd, data, offset, length) => fs.writeSync(fd, data, offset, length),
  fchmodSync: fs.fchmodSync,
  renameSync: fs.renameSync,
  unlinkSync: fs.unlinkSync,
  mkdirSync: (path, options) => void fs.mkdirSync(path, options),
  fsync: promisify(fs.fsync),
  fdatasync: promisify(fs.fdatasync),
};

/** The `errno` name of a failed call, e.g. `ENOSPC`. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/**
 * The coded error for a failed call on the store's disk: `DISK_FULL`, `STORE_UNWRITABLE` or `STORE_FAILED`.
 *
 * @param action what was tried, in the words that fit before a path: `write`, `rename`
 */
export function storeError(error: unknown, action: string, path: string): LayerwrightError {
  if (isLayerwrightError(error)) return error;
  const context = { subject: path, cause: error };
  const errno = errnoOf(error);
  switch (errno) {
    case "ENOSPC":
    case "EDQUOT":
      return new EnvironmentError("DISK_FULL", { path }, context);
    case "EMFILE":
    case "ENFILE":
      return openFilesLimit(error);
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return new EnvironmentError("STORE_UNWRITABLE", { path, reason: errno }, context);
    default:
      return new EnvironmentError("STORE_FAILED", { path, action, reason: errno ?? String(error) }, context);
  }
}

/**
 * The coded error for a call of the system that failed and that nobody said more about: `DISK_FULL`, `OPEN_FILES_LIMIT`
 * or `SYSTEM_REFUSED`. Every other value is given back as it is.
 */
export function systemError(error: unknown): unknown {
  if (isLayerwrightError(error) || !(error instanceof Error)) return error;
  const { code, syscall, path = "" } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  const context = { subject: path === "" ? syscall : path, cause: error };
  if (code === "ENOSPC" || code === "EDQUOT") return new EnvironmentError("DISK_FULL", { path }, context);
  if (code === "EMFILE" || code === "ENFILE") return openFilesLimit(error);
  return new EnvironmentError("SYSTEM_REFUSED", { call: syscall, path, reason: code }, context);
}

function openFilesLimit(error: unknown): LayerwrightError {
  const limit = errnoOf(error) === "ENFILE" ? "the limit of the machine" : `${softLimit()} at once`;
  return new EnvironmentError("OPEN_FILES_LIMIT", { limit }, { subject: "open files", cause: error });
}

/** The limit of this process; asked of the system by a call that opens no file, since no more can be opened. */
function softLimit(): string {
  const report = process.report?.getReport() as
    | { userLimits?: { open_files?: { soft?: number | string } } }
    | undefined;
  return String(report?.userLimits?.open_files?.soft ?? "its limit");
}
