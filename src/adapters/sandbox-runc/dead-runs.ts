import { join } from "node:path";
import { namesIn } from "../host/store-folder.js";
import { asRoot, type HostTools } from "./host-tools.js";
import { runQuietly } from "./run-program.js";
import { deleteCommand } from "./runtime-command.js";

/** Ends what the runtime still knows of in the work folder of a process that was killed. */
export async function endDeadRuns(tools: HostTools, folder: string): Promise<void> {
  for (const bundle of namesIn(folder)) {
    const state = join(folder, bundle, "state");
    for (const name of namesIn(state))
      await runQuietly([...asRoot(tools), ...deleteCommand(tools, state, name)]);
  }
}
