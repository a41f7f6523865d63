import { spawn } from "node:child_process";
import { hasMounts } from "../host/plain-file.js";
import { asRoot, type HostTools } from "./host-tools.js";
import { toolEnv } from "./tool-env.js";

/** How long a removal is waited for, in milliseconds. */
const MOMENT = 100;

/**
 * Removes folders with files of any owner, by a process that may outlive this one: a disk takes seconds to forget the
 * thousands of files that a command wrote, and nobody has to wait for that. Folders in which something is mounted stay.
 */
export async function removeFolders(tools: HostTools, folders: readonly string[]): Promise<void> {
  const removable = folders.filter((folder) => !hasMounts(folder));
  if (removable.length === 0) return;
  const [program = "", ...args] = [...asRoot(tools), "rm", "-rf", "--one-file-system", "--", ...removable];
  const child = spawn(program, args, { env: toolEnv(), stdio: "ignore", detached: true });
  child.unref();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, MOMENT);
    const ended = () => {
      clearTimeout(timer);
      resolve();
    };
    child.once("exit", ended);
    child.once("error", ended);
  });
}
