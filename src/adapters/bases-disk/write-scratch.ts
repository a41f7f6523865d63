import { closeSync, openSync, writeSync } from "node:fs";
import { EnvironmentError, isLayerwrightError } from "../../errors/layerwright-error.js";

/** Writes bytes into an existing scratch file and gives their number. */
export async function writeScratch(
  path: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  const fd = openSync(path, "r+");
  let size = 0;
  try {
    for await (const chunk of bytes) {
      for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done, chunk.length - done);
      size += chunk.length;
    }
    return size;
  } catch (error) {
    throw scratchError(error, path);
  } finally {
    closeSync(fd);
  }
}

function scratchError(error: unknown, path: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (isLayerwrightError(error) || syscall !== "write") return error;
  const context = { subject: path, cause: error };
  if (code === "ENOSPC" || code === "EDQUOT") return new EnvironmentError("DISK_FULL", { path }, context);
  return new EnvironmentError(
    "STORE_FAILED",
    { path, action: "write", reason: code ?? String(error) },
    context,
  );
}
