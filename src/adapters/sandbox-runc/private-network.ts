import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { HostTools } from "./host-tools.js";
import { toolEnv } from "./tool-env.js";

/** The resolver that slirp4netns has for the network that it makes. */
export const RESOLVER = "10.0.2.3";

/** The lines of a script that waits until its network namespace has a network, on descriptor 4. */
export const AWAIT_NETWORK = "echo up >&4 && read -r network <&4 || exit 1\nexec 4>&-";

/** The longest time for a network to come up, in milliseconds. */
const LIMIT = 20_000;

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
  const [program = "", ...args] = command(tools, pid);
  const stdio = ["ignore", "ignore", "pipe", "pipe", "pipe"] as const;
  const child = spawn(program, args, { stdio: [...stdio], env: toolEnv(), detached: true });
  const close = () => void child.kill("SIGKILL");
  try {
    await ready(child);
    return { close };
  } catch (error) {
    close();
    throw error;
  }
}

function command({ setpriv, network, root }: HostTools, pid: number): readonly string[] {
  const options = ["--configure", "--mtu=65520", "--disable-host-loopback", "--ready-fd=3", "--exit-fd=4"];
  const user = root ? [] : [`--userns-path=/proc/${pid}/ns/user`];
  const place = ["--netns-type=path", `/proc/${pid}/ns/net`, "tap0"];
  return [setpriv, "--pdeathsig", "KILL", network ?? "", ...options, ...user, ...place];
}

/** Waits for the byte that says that the network is up. */
async function ready(child: ChildProcess): Promise<void> {
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
    const timer = setTimeout(() => fail("it did not come up in time"), LIMIT);
    const end = (reason: string) => {
      clearTimeout(timer);
      fail(reason);
    };
    signal.once("data", () => {
      clearTimeout(timer);
      resolve();
    });
    child.once("error", (error) => end(error.message));
    child.once("exit", () => end(said.trim().split("\n").at(-1) ?? ""));
  });
}
