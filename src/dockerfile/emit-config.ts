import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import type { HealthcheckConfig, RuntimeConfig } from "../oci/image-config.js";
import type { ConfigChange } from "../plan/config.js";
import type { RunOperation } from "../plan/operation.js";
import type { StageDraft } from "./draft.js";
import { isOneLine, isPlainCommand, isText } from "./quoting.js";

type Change<Kind extends ConfigChange["set"]> = Extract<ConfigChange, { set: Kind }>;

/**
 * Writes the config of a stage, each field once, in a fixed order. WORKDIR is last, since it makes its directory (which
 * is there by now) as the user.
 */
export function emitConfig(draft: StageDraft, changes: readonly ConfigChange[]): void {
  const all = <Kind extends ConfigChange["set"]>(kind: Kind) =>
    changes.filter((change): change is Change<Kind> => change.set === kind);
  const last = <Kind extends ConfigChange["set"]>(kind: Kind) => all(kind).at(-1);
  const env = new Map<string, string>();
  for (const { name, value } of all("env")) env.set(name, value);
  setVariables(draft, Object.fromEntries(env), last("env")?.origin);
  const labels = [...new Map(all("label").map((change) => [change.name, change])).values()];
  const pairs = labels.map(({ name, value, origin }) => ({
    name: expressibleName(name, "label", origin),
    value: expressible(value, `value of label ${name}`, origin),
  }));
  if (pairs.length > 0) draft.add({ kind: "label", pairs });
  const exposed = new Map(all("expose").map((change) => [change.port, change]));
  const ports = [...exposed.values()].map(({ port, origin }) => expressible(port, "port", origin));
  if (ports.length > 0) draft.add({ kind: "expose", ports });
  emitVolumes(draft, all("volume"));
  const signal = last("stopSignal");
  if (signal !== undefined)
    draft.add({ kind: "stopsignal", value: expressible(signal.signal, "stop signal", signal.origin) });
  const health = last("healthcheck");
  if (health !== undefined)
    draft.add({ kind: "healthcheck", check: checkedHealth(health.check, health.origin) });
  const shell = last("shell");
  if (shell !== undefined) emitShell(draft, shell);
  else if (draft.config.shell !== undefined)
    setShell(draft, draft.inheritedShell ?? draft.baseConfig?.Shell ?? ["/bin/sh", "-c"]);
  for (const kind of ["entrypoint", "cmd"] as const) {
    const change = last(kind);
    if (change !== undefined) draft.add({ kind, args: checkedArguments(change.args, kind, change.origin) });
  }
  const user = last("user");
  setUser(draft, user?.user ?? draft.inheritedUser, user?.origin);
  const workdir = last("workdir");
  setWorkdir(draft, workdir?.path ?? draft.inheritedWorkdir, workdir?.origin);
}

function emitShell(draft: StageDraft, change: Change<"shell">): void {
  const args = checkedArguments(change.args, "shell", change.origin);
  if (draft.config.shell?.join("\0") === args.join("\0")) return;
  draft.add({ kind: "shell", args });
  draft.config.shell = args;
}

function emitVolumes(draft: StageDraft, volumes: readonly Change<"volume">[]): void {
  const paths = [...new Set(volumes.map((change) => change.path))];
  if (paths.length === 0) return;
  draft.add({ kind: "volume", paths: checkedArguments(paths, "volume", volumes[0]?.origin) });
}

function checkedArguments(
  args: readonly string[],
  field: string,
  origin: Origin | undefined,
): readonly string[] {
  for (const arg of args) if (!isText(arg) || arg.includes("\0")) refuse(field, "is no text", origin);
  return args;
}

/** A probe in shell form is the rest of its line, so it has to be a line. */
function checkedHealth(check: HealthcheckConfig, origin: Origin | undefined): HealthcheckConfig {
  const [form, command = "", ...more] = check.Test ?? [];
  if (form === "CMD-SHELL" && (more.length > 0 || !isPlainCommand(command))) {
    refuse(
      "healthcheck",
      'is a shell command of more than one plain line: write ["CMD", "/bin/sh", "-c", …]',
      origin,
    );
  }
  if (form !== undefined && form !== "NONE" && form !== "CMD" && form !== "CMD-SHELL") {
    refuse("healthcheck", `has a test that starts with ${JSON.stringify(form)}`, origin);
  }
  for (const part of check.Test ?? []) if (!isText(part)) refuse("healthcheck", "is no text", origin);
  return check;
}

function refuse(field: string, reason: string, origin: Origin | undefined): never {
  throw new PlanError("NOT_EXPRESSIBLE", { field, reason }, { subject: field, origin });
}

/**
 * The changes that make one config of another, for a stage whose whole config is written out.
 *
 * @throws {PlanError} NOT_EXPRESSIBLE where the first has what the second lacks
 */
export function configChanges(
  from: RuntimeConfig,
  to: RuntimeConfig,
  subject: string,
): readonly ConfigChange[] {
  const changes: ConfigChange[] = [];
  const variables = (to.Env ?? []).map((line): [string, string] => {
    const cut = line.indexOf("=");
    return cut < 0 ? [line, ""] : [line.slice(0, cut), line.slice(cut + 1)];
  });
  for (const line of from.Env ?? []) {
    const name = line.slice(0, line.indexOf("="));
    if (variables.some(([other]) => other === name)) continue;
    const reason = `has no ${name}, which every builder sets in a stage from scratch`;
    throw new PlanError("NOT_EXPRESSIBLE", { field: "environment", reason }, { subject });
  }
  for (const [name, value] of variables) {
    if (!(from.Env ?? []).includes(`${name}=${value}`)) changes.push({ set: "env", name, value });
  }
  for (const [name, value] of Object.entries(to.Labels ?? {})) changes.push({ set: "label", name, value });
  for (const port of Object.keys(to.ExposedPorts ?? {})) changes.push({ set: "expose", port });
  for (const path of Object.keys(to.Volumes ?? {})) changes.push({ set: "volume", path });
  if (to.StopSignal) changes.push({ set: "stopSignal", signal: to.StopSignal });
  if (to.Healthcheck !== undefined) changes.push({ set: "healthcheck", check: to.Healthcheck });
  if (to.Shell !== undefined) changes.push({ set: "shell", args: to.Shell });
  if (to.Entrypoint) changes.push({ set: "entrypoint", args: to.Entrypoint });
  if (to.Cmd) changes.push({ set: "cmd", args: to.Cmd });
  if (to.User) changes.push({ set: "user", user: to.User });
  if (to.WorkingDir && to.WorkingDir !== (from.WorkingDir ?? "/"))
    changes.push({ set: "workdir", path: to.WorkingDir });
  return changes;
}

const DEFAULT_SHELL: readonly string[] = ["/bin/sh", "-c"];

/** Brings variables, working directory, user and shell to where a command needs them, with as little as possible. */
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

/** Sets the working directory; undefined is the base's own. */
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
function setShell(draft: StageDraft, shell: readonly string[]): void {
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
function expressible(value: string, field: string, origin: Origin | undefined): string {
  if (isOneLine(value)) return value;
  const reason = /[\n\r]/.test(value)
    ? "holds a line break"
    : value.includes("\0")
      ? "holds a NUL"
      : "is not well-formed Unicode";
  throw new PlanError("NOT_EXPRESSIBLE", { field, reason }, { subject: field, origin });
}

/** A name before a `=`, which cannot hold one itself. */
function expressibleName(name: string, field: string, origin: Origin | undefined): string {
  if (!name.includes("=")) return expressible(name, field, origin);
  throw new PlanError(
    "NOT_EXPRESSIBLE",
    { field, reason: 'has a "=" in its name' },
    { subject: field, origin },
  );
}
