import { EnvironmentError } from "../../errors/layerwright-error.js";
import { hostPlatform, type Platform, platformText } from "../../oci/platform.js";
import type { RunOperation } from "../../plan/operation.js";
import { commandText } from "../../plan/operation.js";
import type { Sandbox } from "../../ports/sandbox.js";
import { programStart } from "../elf/machine.js";

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
