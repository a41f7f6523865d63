import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { EnvironmentError, isLayerwrightError } from "../../errors/layerwright-error.js";
import { writeFileAtomically } from "../host/atomic-file.js";
import { withLock } from "../host/owned-lock.js";

/** The text of a lock's file, or undefined where there is none. @throws {EnvironmentError} LOCK_UNREADABLE */
export function readLockFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new EnvironmentError(
      "LOCK_UNREADABLE",
      { path, reason: reasonOf(cause) },
      { subject: path, cause },
    );
  }
}

/** The longest that a writer waits for another one. */
const PATIENCE_SECONDS = 60;

/**
 * Changes a lock's file, alone: `change` sees what is there at that moment, and no other writer comes between. The file
 * is written beside its place and renamed, and not at all where its text stays the same.
 *
 * @throws {EnvironmentError} LOCK_BUSY, LOCK_UNREADABLE, LOCK_UNWRITABLE
 */
export async function changeLockFile(
  path: string,
  change: (text: string | undefined) => string,
  patienceSeconds = PATIENCE_SECONDS,
): Promise<string> {
  const held = async (): Promise<string> => {
    const before = readLockFile(path);
    const text = change(before);
    if (text === before) return text;
    await writeFileAtomically(path, [], async (sink) => {
      await sink.write(Buffer.from(text));
      await sink.finish();
    });
    return text;
  };
  try {
    mkdirSync(dirname(path), { recursive: true });
    return await withLock(`${path}.writing`, path, held, patienceSeconds);
  } catch (error) {
    throw lockError(error, path, patienceSeconds);
  }
}

/** Failures of the writing in the words of the lock. */
function lockError(error: unknown, path: string, seconds: number): unknown {
  const context = { subject: path, cause: error };
  if (!isLayerwrightError(error)) {
    const { syscall } = (error ?? {}) as NodeJS.ErrnoException;
    if (syscall === undefined) return error;
    return new EnvironmentError("LOCK_UNWRITABLE", { path, reason: reasonOf(error) }, context);
  }
  if (error.code === "LAYOUT_LOCKED") return new EnvironmentError("LOCK_BUSY", { path, seconds }, context);
  if (!error.code.startsWith("OUTPUT_")) return error;
  return new EnvironmentError("LOCK_UNWRITABLE", { path, reason: reasonOf(error.cause ?? error) }, context);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
