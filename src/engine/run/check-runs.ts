import { EnvironmentError, PlanError } from "../../errors/layerwright-error.js";
import { namedFunction } from "../../image/host-functions.js";
import type { Platform } from "../../oci/platform.js";
import type { HostRunOperation, RunOperation } from "../../plan/operation.js";
import { commandText, describeOperation } from "../../plan/operation.js";
import type { Stage } from "../../plan/plan.js";
import type { Sandbox } from "../../ports/sandbox.js";
import type { BuildPorts } from "../ports.js";
import { checkMachine } from "./check-machine.js";

/** Makes sure, before any work, that this machine can run the commands of these stages and has their secrets. */
export async function checkRuns(
  stages: readonly Stage[],
  platform: Platform,
  { sandbox, secrets }: Pick<BuildPorts, "sandbox" | "secrets">,
): Promise<void> {
  const runs = stages.flatMap((stage) => runsOf(stage));
  const [first] = runs;
  if (first === undefined) return;
  const command = first.op === "run" ? commandText(first.command) : describeOperation(first);
  if (sandbox === undefined) {
    const parameters = { command, count: runs.length, missing: ["a sandbox"] };
    throw new EnvironmentError("RUN_NEEDS_SANDBOX", parameters, { subject: command, origin: first.origin });
  }
  await sandbox.check(command, runs.length);
  for (const run of runs) {
    if (run.op === "hostRun") {
      checkHostTool(run, sandbox);
      continue;
    }
    checkMachine(run, platform, sandbox);
    for (const mount of run.mounts ?? []) {
      if (mount.type !== "secret" || mount.required !== true) continue;
      const { id } = mount;
      if ((await secrets?.secret(id)) === undefined)
        throw new PlanError("SECRET_MISSING", { id }, { subject: id, origin: run.origin });
    }
  }
}

function checkHostTool({ command, tools = [], origin }: HostRunOperation, sandbox: Sandbox): void {
  if ("function" in command) {
    if (namedFunction(command.function) === undefined)
      throw new PlanError("HOST_FUNCTION_ELSEWHERE", undefined, { subject: "hostRun", origin });
    return;
  }
  for (const program of [command[0] ?? "", ...tools]) {
    if (sandbox.hasProgram(program)) continue;
    throw new EnvironmentError("HOST_TOOL_MISSING", { program }, { subject: program, origin });
  }
}

/** The commands of a stage, its own and those of the host, in order. */
export function runsOf({ layers }: Stage): (RunOperation | HostRunOperation)[] {
  return layers.flatMap(({ operations }) =>
    operations.filter((operation) => operation.op === "run" || operation.op === "hostRun"),
  );
}
