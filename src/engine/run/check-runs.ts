import { EnvironmentError, PlanError } from "../../errors/layerwright-error.js";
import { commandText } from "../../plan/describe.js";
import type { RunOperation } from "../../plan/operation.js";
import type { Stage } from "../../plan/plan.js";
import type { BuildPorts } from "../ports.js";

/** Makes sure, before any work, that this machine can run the commands of these stages and has their secrets. */
export async function checkRuns(
  stages: readonly Stage[],
  { sandbox, secrets }: Pick<BuildPorts, "sandbox" | "secrets">,
): Promise<void> {
  const runs = stages.flatMap((stage) => runsOf(stage));
  const [first] = runs;
  if (first === undefined) return;
  const command = commandText(first.command);
  if (sandbox === undefined) {
    const parameters = { command, count: runs.length, missing: ["a sandbox"] };
    throw new EnvironmentError("RUN_NEEDS_SANDBOX", parameters, { subject: command, origin: first.origin });
  }
  await sandbox.check(command, runs.length);
  for (const run of runs) {
    for (const mount of run.mounts ?? []) {
      if (mount.type !== "secret" || mount.required !== true) continue;
      const { id } = mount;
      if ((await secrets?.secret(id)) === undefined)
        throw new PlanError("SECRET_MISSING", { id }, { subject: id, origin: run.origin });
    }
  }
}

/** The commands of a stage, in order. */
export function runsOf({ layers }: Stage): RunOperation[] {
  return layers.flatMap(({ operations }) =>
    operations.filter((operation): operation is RunOperation => operation.op === "run"),
  );
}
