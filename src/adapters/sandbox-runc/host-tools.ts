import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, readdirSync, readFileSync, statSync } from "node:fs";
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

/**
 * What the programs of the sandbox see of this process's environment: where programs are. Its language would change
 * how tar writes names, and variables such as `TAR_OPTIONS` what it writes at all.
 */
export function toolEnv(): NodeJS.ProcessEnv {
  const path = process.env["PATH"] ?? "";
  return {
    PATH: [...path.split(delimiter), ...SYSTEM_FOLDERS].filter((folder) => folder !== "").join(delimiter),
    LC_ALL: "C",
  };
}

/** How a program that is part of the sandbox ended. */
export interface ProgramEnd {
  readonly code: number;
  /** The last of what it said on standard error. */
  readonly said: string;
}

const KEPT = 4096;

/** Runs a program of the sandbox to its end: fed by `input`, its output given to `sink`. */
export async function runProgram(
  command: readonly string[],
  streams: {
    readonly input?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
    readonly sink?: (chunk: Uint8Array) => void;
  } = {},
): Promise<ProgramEnd> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    env: toolEnv(),
    stdio: [
      streams.input === undefined ? "ignore" : "pipe",
      streams.sink === undefined ? "ignore" : "pipe",
      "pipe",
    ],
  });
  const ended = once(child, "close") as Promise<[number | null]>;
  // Told by `ended`; without this a program that stops reading early would be an unhandled error.
  ended.catch(() => {});
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-KEPT);
  });
  let failure: unknown;
  child.stdout?.on("data", (chunk: Buffer) => {
    try {
      if (failure === undefined) streams.sink?.(chunk);
    } catch (error) {
      failure = error;
      child.kill();
    }
  });
  if (streams.input !== undefined) {
    try {
      await feed(child, streams.input);
    } catch (error) {
      failure = error;
      child.kill();
    }
  }
  const [code] = await ended;
  if (failure !== undefined) throw failure;
  return { code: code ?? 1, said: said.trim() };
}

/** Runs a program whose failure does not matter. */
export async function runQuietly(command: readonly string[]): Promise<void> {
  await runProgram(command).catch(() => undefined);
}

/** Writes all chunks, waiting where the program is slower; the chunks may be the same memory each time. */
async function feed(
  child: ChildProcess,
  input: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const stdin = child.stdin!;
  let gone = false;
  stdin.on("error", () => {
    gone = true;
  });
  for await (const chunk of input) {
    if (gone) break;
    await new Promise<void>((resolve) => {
      const done = () => {
        stdin.off("close", done);
        resolve();
      };
      stdin.once("close", done);
      stdin.write(chunk, done);
    });
  }
  stdin.end();
}

/** Where the kernel shows what it runs by an interpreter. */
const FOLDER = "/proc/sys/fs/binfmt_misc";

/** What the kernel does with programs that begin in some way (kernel: admin-guide/binfmt-misc). */
export interface BinfmtEntry {
  readonly offset: number;
  readonly magic: Uint8Array;
  readonly mask: Uint8Array;
  /** True when the interpreter was opened when it was registered, so that it is there in any root file system. */
  readonly everywhere: boolean;
}

/** Reads an entry as the kernel shows it; undefined when it is switched off, or is about the endings of names. */
export function parseBinfmt(text: string): BinfmtEntry | undefined {
  const [state, ...lines] = text.split("\n");
  const fields = new Map(
    lines.map((line) => {
      const [, name = "", value = ""] = /^(\w+):? ?(.*)$/.exec(line) ?? [];
      return [name, value];
    }),
  );
  const magic = bytesOf(fields.get("magic"));
  if (state !== "enabled" || magic === undefined || magic.length === 0) return undefined;
  return {
    offset: Number(fields.get("offset") ?? 0),
    magic,
    mask: bytesOf(fields.get("mask")) ?? magic.map(() => 0xff),
    everywhere: fields.get("flags")?.includes("F") === true,
  };
}

function bytesOf(hex: string | undefined): Uint8Array | undefined {
  return hex === undefined ? undefined : Uint8Array.from(Buffer.from(hex, "hex"));
}

/** True when the kernel gives a program that begins so to an interpreter which is there in every root file system. */
export function isInterpreted(start: Uint8Array, folder: string = FOLDER): boolean {
  return entriesOf(folder).some(
    ({ everywhere, offset, magic, mask }) =>
      everywhere &&
      magic.every((byte, at) => ((byte ^ (start[offset + at] ?? 0)) & (mask[at] ?? 0xff)) === 0),
  );
}

function entriesOf(folder: string): BinfmtEntry[] {
  try {
    return readdirSync(folder).flatMap((name) => {
      if (name === "register" || name === "status") return [];
      return parseBinfmt(readFileSync(join(folder, name), "utf8")) ?? [];
    });
  } catch {
    // Not mounted, or not for us to see: then there is none as far as we know.
    return [];
  }
}
