import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The programs that a sandbox is made of. Paths are absolute. */
export interface HostTools {
  readonly runtime: string;
  readonly runtimeName: "runc" | "crun";
  readonly unshare: string;
  readonly setpriv: string;
  readonly mount: string;
  readonly tar: string;
  readonly shell: string;
  /** The program that gives a network namespace access to the outside; undefined where there is none. */
  readonly network?: string | undefined;
  /** True when the user is root already; else every program runs in a user namespace. */
  readonly root: boolean;
}

/** What was found, or what is missing and was looked for. */
export type ToolSearch =
  | { readonly tools: HostTools }
  | { readonly tools: undefined; readonly missing: readonly string[] };

/** The programs that can give a network namespace access to the outside; the first that is there is taken. */
export const NETWORK_PROGRAMS = ["slirp4netns", "pasta"] as const;

/** Where system programs lie that an ordinary user's PATH may lack. */
export const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** Looks for an OCI runtime and the programs around it. */
export function findHostTools(
  path: string = process.env["PATH"] ?? "",
  systemFolders: readonly string[] = SYSTEM_FOLDERS,
): ToolSearch {
  if (process.platform !== "linux")
    return { tools: undefined, missing: [`Linux (this is ${process.platform})`] };
  const folders = [...path.split(delimiter).filter((folder) => folder !== ""), ...systemFolders];
  const find = (name: string) => folders.map((folder) => join(folder, name)).find(isProgram);
  const runc = find("runc");
  const runtime = runc ?? find("crun");
  const runtimeName = runc === undefined ? "crun" : "runc";
  const [unshare, setpriv, mount] = ["unshare", "setpriv", "mount"].map(find);
  const [tar, shell] = ["tar", "sh"].map(find);
  const missing: string[] = [];
  if (runtime === undefined) missing.push("runc or crun");
  if (unshare === undefined) missing.push("unshare (util-linux)");
  if (setpriv === undefined) missing.push("setpriv (util-linux)");
  if (mount === undefined) missing.push("mount");
  if (tar === undefined) missing.push("GNU tar");
  if (shell === undefined) missing.push("sh");
  if (missing.length > 0) return { tools: undefined, missing };
  const root = process.geteuid?.() === 0;
  const found = { unshare, setpriv, mount, tar, shell } as Record<ToolName, string>;
  return {
    tools: {
      runtime: runtime!,
      runtimeName,
      root,
      network: NETWORK_PROGRAMS.map(find).find(Boolean),
      ...found,
    },
  };
}

type ToolName = "unshare" | "setpriv" | "mount" | "tar" | "shell";

/** True when a program of this name, or at this path, can be started. */
export function hasProgram(name: string, path: string = process.env["PATH"] ?? ""): boolean {
  if (name.includes("/")) return isProgram(name);
  return path
    .split(delimiter)
    .concat(SYSTEM_FOLDERS)
    .some((folder) => isProgram(join(folder, name)));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The words before a program that lets it act as root over files of every owner: none for root, and else a user
 * namespace with all subordinate ids of the user.
 */
export function asRoot(tools: HostTools): readonly string[] {
  return tools.root ? [] : [tools.unshare, "--user", "--map-root-user", "--map-auto"];
}
