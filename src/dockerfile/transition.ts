import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import type { RunOperation } from "../plan/operation.js";
import { isOneLine } from "./quoting.js";
import type { StageDraft } from "./stage-draft.js";

const DEFAULT_SHELL: readonly string[] = ["/bin/sh", "-c"];

/** Brings variables, working folder, user and shell to where a command needs them, with as little as possible. */
export function transitionTo(draft: StageDraft, run: RunOperation): void {
  setVariables(draft, run.env, run.origin);
  setWorkdir(draft, run.workdir, run.origin);
  setUser(draft, run.user, run.origin);
  // A shell that the image sets is set now; going back to another for one command is left to JSON.
  const custom = typeof run.command === "string" && run.shell.join("\0") !== DEFAULT_SHELL.join("\0");
  if (custom && draft.emission.dialect.heredoc) setShell(draft, run.shell);
}

/** Sets the variables that differ. */
export function setVariables(
  draft: StageDraft,
  env: Readonly<Record<string, string>>,
  origin: Origin | undefined,
): void {
  const changed = Object.entries(env).filter(([name, value]) => draft.config.env.get(name) !== value);
  if (changed.length === 0) return;
  const pairs = changed.map(([name, value]) => ({
    name: expressibleName(name, "variable name", origin),
    value: expressible(value, `value of ${name}`, origin),
  }));
  draft.add({ kind: "env", pairs });
  for (const [name, value] of changed) draft.config.env.set(name, value);
}

/** Sets the working folder; undefined is the base's own. */
export function setWorkdir(draft: StageDraft, workdir: string | undefined, origin: Origin | undefined): void {
  const want =
    workdir ??
    (draft.config.workdir === undefined
      ? undefined
      : baseValue(draft, draft.baseConfig?.WorkingDir || "/", "workdir", origin));
  if (want === undefined || want === draft.config.workdir) return;
  draft.add({ kind: "workdir", value: expressible(want, "workdir", origin) });
  draft.config.workdir = want;
}

/** Sets the user; undefined is the base's own. */
export function setUser(draft: StageDraft, user: string | undefined, origin: Origin | undefined): void {
  const want =
    user ??
    (draft.config.user === undefined
      ? undefined
      : baseValue(draft, draft.baseConfig?.User ?? "", "user", origin));
  if (want === undefined || want === draft.config.user) return;
  draft.add({ kind: "user", value: expressible(want, "user", origin) });
  draft.config.user = want;
}

/** True when a user of a config is root; unset is. */
export function isRoot(user: string | undefined): boolean {
  return user === undefined || /^(|root|0)(:(root|0))?$/.test(user);
}

/** The shell that a RUN in shell form gets. */
export function currentShell(draft: StageDraft): readonly string[] {
  return draft.config.shell ?? draft.baseConfig?.Shell ?? DEFAULT_SHELL;
}

/** Sets the shell of string commands. */
export function setShell(draft: StageDraft, shell: readonly string[]): void {
  const current = currentShell(draft);
  if (current.join("\0") === shell.join("\0")) return;
  draft.add({ kind: "shell", args: shell });
  draft.config.shell = shell;
}

function baseValue(draft: StageDraft, known: string, field: string, origin: Origin | undefined): string {
  if (draft.baseConfig !== undefined) return known;
  throw new PlanError("USER_UNRESTORABLE", { field }, { subject: field, origin });
}

/**
 * A value that the builder reads in one line.
 *
 * @throws {PlanError} NOT_EXPRESSIBLE
 */
export function expressible(value: string, field: string, origin: Origin | undefined): string {
  if (isOneLine(value)) return value;
  const reason = /[\n\r]/.test(value)
    ? "holds a line break"
    : value.includes("\0")
      ? "holds a NUL"
      : "is not well-formed Unicode";
  throw new PlanError("NOT_EXPRESSIBLE", { field, reason }, { subject: field, origin });
}

/** A name before a `=`, which cannot hold one itself. */
export function expressibleName(name: string, field: string, origin: Origin | undefined): string {
  if (!name.includes("=")) return expressible(name, field, origin);
  throw new PlanError(
    "NOT_EXPRESSIBLE",
    { field, reason: 'has a "=" in its name' },
    { subject: field, origin },
  );
}
