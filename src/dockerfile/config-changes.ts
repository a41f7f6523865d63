import { PlanError } from "../errors/layerwright-error.js";
import type { RuntimeConfig } from "../oci/image-config.js";
import type { ConfigChange } from "../plan/config.js";

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
