import { hostText } from "../../archive/held-directory.js";
import { EnvironmentError, type LayerwrightError, PlanError } from "../../errors/layerwright-error.js";

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "not permitted",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
  ENFILE: "too many open files on this machine",
  ENAMETOOLONG: "the name is too long",
  ENOTDIR: "a part of the path is not a directory",
  EIO: "the disk reports an error",
};

/** The coded error for a failed look at a file of a context. */
export function sourceFailure(path: string | Buffer, error: unknown): LayerwrightError {
  const text = hostText(path);
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT")
    return new EnvironmentError("SOURCE_VANISHED", { path: text }, { subject: text, cause: error });
  const reason = REASONS[code] ?? (code === "" ? String(error) : code);
  return new EnvironmentError("SOURCE_UNREADABLE", { path: text, reason }, { subject: text, cause: error });
}

/** The coded error for what is neither file, folder nor link. */
export function specialFile(path: string | Buffer, kind: string): LayerwrightError {
  const text = hostText(path);
  return new PlanError("SOURCE_SPECIAL", { path: text, kind }, { subject: text });
}
