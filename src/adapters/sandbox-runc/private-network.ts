import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { HostTools } from "./host-tools.js";
import { toolEnv } from "./host-tools.js";

/** The addresses in a network of a command, the same whatever program makes it. */
const [ADDRESS, BITS, GATEWAY] = ["10.0.2.100", "24", "10.0.2.2"] as const;

/** The resolver in it, which asks the machine's. */
export const RESOLVER = "10.0.2.3";

/** The lines of a script that waits until its network namespace has a network, on descriptor 4. */
export const AWAIT_NETWORK = "echo up >&4 && read -r network <&4 || exit 1\nexec 4>&-";

/** The longest time for a network to come up, and the time between two looks, in milliseconds. */
const [LIMIT, PAUSE] = [20_000, 10];

/** A network that a program of the machine holds up. */
export interface PrivateNetwork {
  close(): void;
}

/**
 * Gives the network namespace of a process a network that reaches out of the machine and not the machine itself.
 *
 * @param pid a process that is in the namespace
 * @throws {EnvironmentError} SANDBOX_FAILED where the program ends, or says nothing in time
 */
export async function startNetwork(tools: HostTools, pid: number): Promise<PrivateNetwork> {
  const pasta = basename(tools.network ?? "") === "pasta";
  const [program = "", ...args] = pasta ? pastaCommand(tools, pid) : slirpCommand(tools, pid);
  const stdio = ["ignore", "ignore", "pipe", "pipe", "pipe"] as const;
  const child = spawn(program, args, { stdio: [...stdio], env: toolEnv(), detached: true });
  const close = () => killGroup(child);
  try {
    await ready(child, pasta ? () => hasRoute(pid) : undefined);
    return { close };
  } catch (error) {
    close();
    throw error;
  }
}

function slirpCommand({ setpriv, network, root }: HostTools, pid: number): readonly string[] {
  const options = ["--configure", "--mtu=65520", "--disable-host-loopback", "--ready-fd=3", "--exit-fd=4"];
  const user = root ? [] : [`--userns-path=/proc/${pid}/ns/user`];
  const place = ["--netns-type=path", `/proc/${pid}/ns/net`, "tap0"];
  return [setpriv, "--pdeathsig", "KILL", network ?? "", ...options, ...user, ...place];
}

/**
 * The command of pasta (its manual: pasta(1)). It maps no address to the machine's loopback and forwards no port, and ends
 * with the process that started it, which holds descriptor 4: what it does with its own rights makes it forget a signal
 * for that. As root it gives up the right to look into other processes, so it gets the namespace as a file, bound over
 * one that is there in a mount namespace of its own.
 */
export function pastaCommand(tools: HostTools, pid: number): readonly string[] {
  const { network, root, shell, unshare, mount, tar } = tools;
  const addresses = [
    "-4",
    "-a",
    ADDRESS,
    "-n",
    BITS,
    "-g",
    GATEWAY,
    "--dns-forward",
    RESOLVER,
    "--no-map-gw",
  ];
  const ports = ["-t", "none", "-u", "none", "-T", "none", "-U", "none"];
  const options = ["--foreground", "--config-net", "-I", "tap0", "-m", "65520", ...addresses, ...ports];
  const place = root
    ? ["--runas", "0", "--netns", tar]
    : ["--userns", `/proc/${pid}/ns/user`, "--netns", `/proc/${pid}/ns/net`];
  const ends = "{ read -r line; kill -KILL $$; } <&4 >&- 2>&- & exec 3>&- 4<&-";
  const bind = root ? `"${mount}" --bind /proc/${pid}/ns/net "${tar}" || exit 1\n` : "";
  const script = `${ends}\n${bind}exec "$0" "$@"`;
  return [...(root ? [unshare, "--mount"] : []), shell, "-c", script, network ?? "", ...options, ...place];
}

/** Ends a program and what it started, which are a group of their own. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** True when the network of a process has a way to the outside. */
function hasRoute(pid: number): boolean {
  try {
    return /^\S+\t00000000\t/m.test(readFileSync(`/proc/${pid}/net/route`, "utf8"));
  } catch {
    return false;
  }
}

/** Waits until the network is up: the program says so by a byte, or it is seen. */
async function ready(child: ChildProcess, seen?: () => boolean): Promise<void> {
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2000);
  });
  const signal = child.stdio[3] as Readable;
  // Its end tells the program that this process is gone.
  child.stdio[4]?.on("error", () => {});
  await new Promise<void>((resolve, reject) => {
    const fail = (reason: string) => {
      const what = "give the command a network";
      reject(new EnvironmentError("SANDBOX_FAILED", { what, reason }, { subject: what }));
    };
    const timer = setTimeout(() => end("it did not come up in time"), LIMIT);
    const look = seen && setInterval(() => seen() && up(), PAUSE);
    const stop = () => {
      clearTimeout(timer);
      clearInterval(look);
    };
    const end = (reason: string) => {
      stop();
      fail(reason);
    };
    const up = () => {
      stop();
      resolve();
    };
    signal.once("data", up);
    child.once("error", (error) => end(error.message));
    child.once("exit", () => end(said.trim().split("\n").at(-1) ?? ""));
  });
}
