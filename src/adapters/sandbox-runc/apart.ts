import { asRoot, type HostTools } from "./host-tools.js";

/**
 * The words before a program that runs in namespaces of its own. Its processes are in one pid namespace whose first
 * process ends with `unshare`, and `unshare` ends with this process: whatever ends one of them ends them all, and the
 * mounts go with the last.
 */
export function apart(tools: HostTools, options: readonly "--net"[] = []): readonly string[] {
  return [
    ...asRoot(tools),
    tools.setpriv,
    "--pdeathsig",
    "KILL",
    tools.unshare,
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
    ...options,
  ];
}
