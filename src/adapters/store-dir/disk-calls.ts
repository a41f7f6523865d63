import * as fs from "node:fs";
import { promisify } from "node:util";

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
