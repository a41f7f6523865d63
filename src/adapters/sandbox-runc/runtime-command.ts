import type { HostTools } from "./host-tools.js";

/** Where a runtime finds and keeps things in a bundle. */
export interface RuntimePlaces {
  readonly folder: string;
  readonly state: string;
  readonly log: string;
  readonly name: string;
}

/** The command that runs a bundle. */
export function runCommand(tools: HostTools, { folder, state, log, name }: RuntimePlaces): readonly string[] {
  const options = ["--root", state, "--log", log, "--log-format", "json"];
  return [tools.runtime, ...options, ...withoutCgroups(tools), "run", "--bundle", folder, name];
}

/** The command that removes what a runtime that was killed leaves behind: groups of processes, by name. */
export function deleteCommand(tools: HostTools, state: string, name: string): readonly string[] {
  return [tools.runtime, "--root", state, ...withoutCgroups(tools), "delete", "--force", name];
}

/** No limits are set, so that a machine where groups of processes cannot be made has all that is needed. */
function withoutCgroups({ runtimeName }: HostTools): readonly string[] {
  return runtimeName === "crun" ? ["--cgroup-manager", "disabled"] : ["--rootless", "true"];
}
