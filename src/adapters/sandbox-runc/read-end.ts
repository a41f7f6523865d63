import { readFileSync } from "node:fs";
import { EnvironmentError } from "../../errors/layerwright-error.js";

/** The shell's own codes for a program that is not there, and for one that cannot be executed. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/**
 * The exit code of a command, told from that of a sandbox that never got to start it: then `SANDBOX_FAILED`.
 *
 * @param setupLog what the script wrote before it started the runtime
 * @param runtimeLog what the runtime wrote: documents of JSON, each on a line of its own or, by later versions of crun,
 *   on several
 */
export function readEnd(code: number, setupLog: string, runtimeLog: string): number {
  const setup = readText(setupLog).trim().split("\n");
  if (setup.at(-1) === "failed")
    throw failed("lay out the root file system", setup.length > 1 ? setup[0]! : "");
  const reason = code === 0 ? undefined : lastError(runtimeLog);
  if (reason === undefined) return code;
  if (/executable file .*not found|exec: .*no such file or directory/.test(reason)) return NOT_FOUND;
  if (
    /(?:exec: .*|open executable: )(?:permission denied|operation not permitted|is a directory)/i.test(reason)
  )
    return NOT_EXECUTABLE;
  if (/the path .* (?:is not executable|is not a regular file)/.test(reason)) return NOT_EXECUTABLE;
  throw failed("start the command", reason);
}

function lastError(path: string): string | undefined {
  let last: string | undefined;
  let document = "";
  for (const line of readText(path).split("\n")) {
    document = line.startsWith("{") ? line : `${document}\n${line}`;
    try {
      const { level, msg } = JSON.parse(document) as { level?: unknown; msg?: unknown };
      if (typeof msg === "string" && (level === "error" || level === "fatal")) last = msg;
    } catch {
      // Not the whole of it.
    }
  }
  return last;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function failed(what: string, reason: string): EnvironmentError<"SANDBOX_FAILED"> {
  return new EnvironmentError("SANDBOX_FAILED", { what, reason }, { subject: what });
}
