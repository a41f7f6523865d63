import type { HostTools } from "./host-tools.js";
import { AWAIT_NETWORK } from "./private-network.js";

/** A root file system that the script mounts: folders of layers, bottom first, by names in the script's folder. */
export interface ScriptMount {
  readonly layers: readonly string[];
  /** Where it is mounted; absolute. */
  readonly at: string;
  /** The place of changes, which may be a single directory itself; without it the mount is read-only. */
  readonly writable?: { readonly upper: string; readonly work: string } | "itself" | undefined;
}

/** What the script does before it starts the runtime. */
export interface RunScript {
  readonly tools: HostTools;
  /** The folder that names of layers count from. */
  readonly folder: string;
  readonly mounts: readonly ScriptMount[];
  /** Folder that is mounted in memory, and that a tar from descriptor 3 is unpacked into. */
  readonly memory: string;
  /** True when it waits for a network of its own. */
  readonly network: boolean;
  /** The files by which it joins its group of processes. */
  readonly joins: readonly string[];
  /** The file that what fails before the runtime is started is written to; empty when all is ready. */
  readonly setupLog: string;
  /** The command of the runtime. */
  readonly runtime: readonly string[];
}

/**
 * A shell script for a mount namespace of its own: the mounts vanish with its last process, whatever ends it.
 */
export function runScript({
  tools,
  folder,
  mounts,
  memory,
  network,
  joins,
  setupLog,
  runtime,
}: RunScript): string {
  const mount = word(tools.mount);
  const setup = [
    // Where the kernel does not let it in, it runs without the limit, as on a machine that has none.
    ...joins.map((file) => `{ { echo 0 >${word(file)}; } 2>/dev/null || :; }`),
    `cd ${word(folder)}`,
    ...mounts.map((one) => `${mount} ${mountOptions(one, tools.root)}`),
  ];
  setup.push(`${mount} -t tmpfs -o nosuid,mode=0755,size=64m tmpfs ${word(memory)}`);
  setup.push(`${word(tools.tar)} -x -p --same-owner --numeric-owner -C ${word(memory)} -f - <&3`);
  // Without cgroups crun does not care how this machine has them, if it does not see them either.
  const hide = tools.runtimeName === "crun" ? `${mount} -t tmpfs tmpfs /sys/fs/cgroup 2>/dev/null\n` : "";
  const log = word(setupLog);
  return [
    ...(network ? [AWAIT_NETWORK] : []),
    `{ ${setup.join(" && ")}; } 2>${log} || { echo failed >>${log}; exit 1; }`,
    "exec 3<&-",
    `: >${log}`,
    `${hide}exec ${runtime.map(word).join(" ")}`,
    "",
  ].join("\n");
}

function mountOptions({ layers, at, writable }: ScriptMount, root: boolean): string {
  const [only] = layers;
  // A device in it does nothing, whoever made it.
  if (writable === "itself" && only !== undefined) return `--bind -o nodev ${word(only)} ${word(at)}`;
  // One folder alone is no overlay.
  if (writable === undefined && layers.length === 1 && only !== undefined)
    return `--bind -o ro,nodev ${word(only)} ${word(at)}`;
  const options = [`lowerdir=${layers.toReversed().join(":")}`];
  if (typeof writable === "object") options.push(`upperdir=${writable.upper}`, `workdir=${writable.work}`);
  else options.push("ro");
  options.push("nodev");
  options.push(...overlayOptions(root));
  return `-t overlay overlay -o ${word(options.join(","))} ${word(at)}`;
}

/** Nothing of a change is kept in attributes, so that a layer is complete in itself. */
export function overlayOptions(root: boolean): readonly string[] {
  // An ordinary user's attributes rule redirects out, and may not be given together with the option.
  return ["index=off", "metacopy=off", "xino=off", root ? "redirect_dir=off" : "userxattr"];
}

function word(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
