import { sha256Hex } from "../../core/bytes.js";
import { PlanError } from "../../errors/layerwright-error.js";
import type { RuntimeConfig } from "../../oci/image-config.js";
import type { RunOperation } from "../../plan/operation.js";
import type { ProcessUser } from "./process-user.js";

/** The search path that a container without one has. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The arguments of a command: a string is the last argument of the shell. */
export function commandArgs({ command, shell }: RunOperation): readonly string[] {
  return typeof command === "string" ? [...shell, command] : command;
}

/** The folder that a command starts in, absolute. */
export function commandFolder(run: RunOperation, config: RuntimeConfig): string {
  const folder = run.workdir ?? config.WorkingDir ?? "";
  return folder === "" ? "/" : folder;
}

/**
 * The environment as the image, then the step, say it; `PATH` and `HOME` are there in any case.
 *
 * @throws {PlanError} RUN_ENV_INVALID for what no process can have
 */
export function commandEnv(run: RunOperation, config: RuntimeConfig, user: ProcessUser): Map<string, string> {
  const env = new Map<string, string>();
  for (const pair of config.Env ?? []) {
    const at = pair.indexOf("=");
    env.set(at < 0 ? pair : pair.slice(0, at), at < 0 ? "" : pair.slice(at + 1));
  }
  for (const [name, value] of Object.entries(run.env)) env.set(name, value);
  for (const [name, value] of Object.entries(run.stepEnv ?? {})) env.set(name, value);
  if (!env.has("PATH")) env.set("PATH", PATH);
  if (!env.has("HOME")) env.set("HOME", user.home);
  for (const [name, value] of env) checkVariable(name, value, run);
  return env;
}

/** Refuses a variable that no process can have; its value is in no message. */
export function checkVariable(name: string, value: string, { origin }: RunOperation): void {
  const reason =
    name === "" ? "it has no name" : `${name}${value}`.includes("\0") ? "it holds a NUL" : undefined;
  if (reason !== undefined)
    throw new PlanError("RUN_ENV_INVALID", { name, reason }, { subject: name, origin });
}

/** A key for a command on a root file system of this key. Secrets are in it by their id alone. */
export function runKey(root: string, parts: Readonly<Record<string, unknown>>): string {
  return sha256Hex(`run-1\n${root}\n${JSON.stringify(parts)}`);
}
