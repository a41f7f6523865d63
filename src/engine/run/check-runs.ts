import { EnvironmentError, PlanError } from "../../errors/layerwright-error.js";
import { namedFunction } from "../../image/host-functions.js";
import { hostPlatform, type Platform, platformText } from "../../oci/platform.js";
import {
  commandText,
  describeOperation,
  type HostRunOperation,
  type RunOperation,
} from "../../plan/operation.js";
import type { Stage } from "../../plan/plan.js";
import type { Sandbox } from "../../ports/sandbox.js";
import { programStart } from "../../rootfs/read-elf.js";
import type { BuildPorts } from "../ports.js";

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

/** Processors that also run the programs of another, by Go's names. */
const RUNS_TOO: Readonly<Record<string, readonly string[]>> = { amd64: ["386"] };

/**
 * Makes sure that this machine's processor, or an emulator, runs the programs of the image.
 *
 * @throws {EnvironmentError} RUN_FOREIGN_PLATFORM
 */
export function checkMachine(
  { command, origin }: RunOperation,
  platform: Platform,
  sandbox: Pick<Sandbox, "interprets">,
  machine: Platform = hostPlatform(),
): void {
  const { architecture } = platform;
  if (architecture === machine.architecture || RUNS_TOO[machine.architecture]?.includes(architecture)) return;
  // Programs come in the form of a library, too.
  const [program, library] = [programStart(platform, 2), programStart(platform, 3)];
  if (program !== undefined && library !== undefined) {
    if (sandbox.interprets(program) && sandbox.interprets(library)) return;
  }
  const parameters = {
    command: commandText(command),
    platform: platformText(platform),
    machine: platformText(machine),
  };
  throw new EnvironmentError("RUN_FOREIGN_PLATFORM", parameters, { subject: parameters.command, origin });
}
