import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import type { HealthcheckConfig } from "../oci/image-config.js";
import type { ConfigChange } from "../plan/config.js";
import { isPlainCommand, isText } from "./quoting.js";
import type { StageDraft } from "./stage-draft.js";
import { expressible, expressibleName, setShell, setUser, setVariables, setWorkdir } from "./transition.js";

type Change<Kind extends ConfigChange["set"]> = Extract<ConfigChange, { set: Kind }>;

/**
 * Writes the config of a stage, each field once, in a fixed order. WORKDIR is last, since it makes its folder (which
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
