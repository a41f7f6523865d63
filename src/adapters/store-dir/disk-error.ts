import {
  EnvironmentError,
  isLayerwrightError,
  type LayerwrightError,
} from "../../errors/layerwright-error.js";
import { errnoOf } from "./disk-calls.js";

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
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return new EnvironmentError("STORE_UNWRITABLE", { path, reason: errno }, context);
    default:
      return new EnvironmentError("STORE_FAILED", { path, action, reason: errno ?? String(error) }, context);
  }
}
