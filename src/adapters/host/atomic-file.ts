import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Writable } from "node:stream";
import { EnvironmentError, isLayerwrightError } from "../../errors/layerwright-error.js";
import { newOwnedName, ownerState } from "./owner-mark.js";

/** Temporary files beside an output begin with this; the rest says whose they are. */
export const TEMP_PREFIX = ".layerwright-";

/**
 * Writes a file whole or not at all: beside its place, then renamed. A symbolic link stays, and the file that it
 * leads to is replaced; a pipe or device is written to as it is. Throws `OUTPUT_IS_FOLDER`, and `OUTPUT_IS_INPUT`
 * where the file is one of `inputs`. It is not flushed to the disk, as no compiler's output is.
 */
export async function writeFileAtomically(
  path: string,
  inputs: readonly string[],
  write: (sink: ByteSink) => Promise<void>,
): Promise<void> {
  try {
    const place = placeOf(resolve(path));
    const stat = statSync(place, { throwIfNoEntry: false });
    if (stat?.isDirectory()) throw new EnvironmentError("OUTPUT_IS_FOLDER", { path }, { subject: path });
    if (stat !== undefined && inputs.some((input) => isSame(input, place))) {
      throw new EnvironmentError("OUTPUT_IS_INPUT", { path }, { subject: path });
    }
    if (stat !== undefined && !stat.isFile()) await writeOpen(place, "w", write);
    else await replace(place, write);
  } catch (error) {
    throw outputError(error, path);
  }
}

async function replace(place: string, write: (sink: ByteSink) => Promise<void>): Promise<void> {
  const folder = dirname(place);
  mkdirSync(folder, { recursive: true });
  removeDeadTemps(folder);
  const temp = join(folder, TEMP_PREFIX + newOwnedName());
  try {
    await writeOpen(temp, "wx", write);
    renameSync(temp, place);
  } catch (error) {
    rmSync(temp, { force: true });
    throw error;
  }
}

async function writeOpen(
  path: string,
  flags: string,
  write: (sink: ByteSink) => Promise<void>,
): Promise<void> {
  const fd = openSync(path, flags, 0o666);
  try {
    await write(fileSink(fd));
  } finally {
    closeSync(fd);
  }
}

/** The file that a path leads to, also through links whose end does not exist yet. */
export function placeOf(path: string): string {
  let place = path;
  for (let links = 0; links < 40; links++) {
    const stat = lstatSync(place, { throwIfNoEntry: false });
    if (stat === undefined) return place;
    if (!stat.isSymbolicLink()) return place;
    const whole = tryRealpath(place);
    if (whole !== undefined) return whole;
    place = resolve(dirname(place), readlinkSync(place));
  }
  throw Object.assign(new Error("too many links"), { code: "ELOOP", syscall: "open" });
}

function isSame(input: string, place: string): boolean {
  if (resolve(input) === place) return true;
  const left = statSync(input, { throwIfNoEntry: false, bigint: true });
  const right = statSync(place, { throwIfNoEntry: false, bigint: true });
  return left !== undefined && right !== undefined && left.ino === right.ino && left.dev === right.dev;
}

/** Removes what builds that were killed left beside an output. Never fails. */
export function removeDeadTemps(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(TEMP_PREFIX) || ownerState(name.slice(TEMP_PREFIX.length)) !== "gone") continue;
      rmSync(join(folder, basename(name)), { force: true });
    }
  } catch {
    // A directory that cannot be listed can still be written to.
  }
}

function tryRealpath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** A receiver of bytes, in order. */
export interface ByteSink {
  /** True when bytes are gone when `write` returns, so that nothing has to be awaited. */
  readonly immediate: boolean;
  /** Takes bytes; what it gives back is to be awaited before the next call. The bytes may change after that. */
  write(bytes: Uint8Array): Promise<void> | undefined;
  /** Everything is written. */
  finish(): Promise<void> | undefined;
}

/** Small writes are gathered up to this many bytes. */
const BUFFER_SIZE = 1 << 20;

/** Writes to an open file, synchronously: a copy through the page cache is faster than the way to a thread and back. */
export function fileSink(fd: number): ByteSink {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_SIZE);
  let used = 0;
  const put = (bytes: Uint8Array) => {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done);
  };
  const flush = () => {
    put(buffer.subarray(0, used));
    used = 0;
    return undefined;
  };
  return {
    immediate: true,
    write(bytes) {
      if (used + bytes.length > BUFFER_SIZE) flush();
      if (bytes.length > BUFFER_SIZE / 4) {
        flush();
        put(bytes);
        return undefined;
      }
      buffer.set(bytes, used);
      used += bytes.length;
      return undefined;
    },
    finish: flush,
  };
}

/** Writes to a stream, e.g. stdout, and waits where it is slower than we are. The stream stays open. */
export function streamSink(stream: Writable): ByteSink {
  return {
    immediate: false,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        // A copy, because a stream may pass memory on and be done with it long before its reader is.
        // A reader that went away shows here; the stream's own "error" event is caught by `guardStream`.
        stream.write(Buffer.from(bytes), (error) => (error ? reject(error) : resolve()));
      }),
    finish: () => undefined,
  };
}

/** Runs work that writes to a stream, and turns the stream's failure, also between two writes, into the work's. */
export async function guardStream(stream: Writable, work: () => Promise<void>): Promise<void> {
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const onClose = () =>
    fail(Object.assign(new Error("the stream was closed"), { code: "ERR_STREAM_PREMATURE_CLOSE" }));
  stream.on("error", fail);
  stream.on("close", onClose);
  try {
    if (stream.destroyed) onClose();
    await Promise.race([work(), failed]);
  } finally {
    stream.off("close", onClose);
    // A pipe may report the same break once more after the last write, when nobody listens any longer.
    setImmediate(() => stream.off("error", fail));
    failed.catch(() => {});
  }
}

/** The coded error for a failed call on an output; coded errors pass through. */
export function outputError(error: unknown, path: string): unknown {
  if (isLayerwrightError(error)) return error;
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === undefined || (syscall === undefined && !code.startsWith("E"))) return error;
  const context = { subject: path, cause: error };
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new EnvironmentError("DISK_FULL", { path }, context);
    case "EPIPE":
    case "ERR_STREAM_DESTROYED":
    case "ERR_STREAM_PREMATURE_CLOSE":
      return new EnvironmentError("OUTPUT_CLOSED", { path }, context);
    case "EROFS":
    case "EACCES":
    case "EPERM":
    case "ENOENT":
    case "ENOTDIR":
    case "ELOOP":
    case "EISDIR":
      return new EnvironmentError("OUTPUT_UNWRITABLE", { path, reason: code }, context);
    default:
      return new EnvironmentError("OUTPUT_FAILED", { path, reason: code }, context);
  }
}
