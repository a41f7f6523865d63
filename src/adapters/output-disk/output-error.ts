import { EnvironmentError, isLayerwrightError } from "../../errors/layerwright-error.js";

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
