import { type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { type Duplex, Readable } from "node:stream";
import { asRoot, type HostTools, toolEnv } from "./host-tools.js";
import { type PrivateNetwork, startNetwork } from "./private-network.js";

/** How the script ended. */
export interface WrappedEnd {
  readonly code: number;
  readonly timedOut: boolean;
}

/** What the script is started with. */
export interface WrappedRun {
  readonly script: string;
  /** Read by the script from descriptor 3. */
  readonly secrets: Iterable<Uint8Array>;
  /** True for a network of its own; the script waits for it (`AWAIT_NETWORK`). */
  readonly network?: boolean;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onOutput: (stream: "stdout" | "stderr", piece: Uint8Array) => void;
}

/** Runs a script in namespaces of its own. */
export async function wrappedRun(tools: HostTools, run: WrappedRun): Promise<WrappedEnd> {
  const [program = "", ...args] = [
    ...apart(tools, run.network === true ? ["--net"] : []),
    tools.shell,
    "-c",
    run.script,
  ];
  run.signal?.throwIfAborted();
  const stdio: StdioOptions = [
    "ignore",
    "pipe",
    "pipe",
    "pipe",
    ...(run.network === true ? ["pipe" as const] : []),
  ];
  const child = spawn(program, args, { stdio, env: toolEnv(), detached: true });
  let timedOut = false;
  const kill = () => void child.kill("SIGKILL");
  const onExit = () => kill();
  const timer =
    run.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          kill();
        }, run.timeoutMs);
  run.signal?.addEventListener("abort", kill, { once: true });
  process.once("exit", onExit);
  child.stdout?.on("data", (piece: Buffer) => run.onOutput("stdout", piece));
  child.stderr?.on("data", (piece: Buffer) => run.onOutput("stderr", piece));
  // A process that could not be started has no streams.
  const secrets = child.stdio?.[3] as NodeJS.WritableStream | undefined;
  secrets?.on("error", () => {});
  if (secrets !== undefined) Readable.from(run.secrets).pipe(secrets);
  let network: PrivateNetwork | undefined;
  let failure: unknown;
  const gate = child.stdio[4] as Duplex | null | undefined;
  gate?.on("error", () => {});
  gate?.once("data", () => {
    startNetwork(tools, child.pid!).then(
      (started) => {
        network = started;
        // The command may have been stopped meanwhile.
        if (child.exitCode !== null || child.signalCode !== null) started.close();
        else gate.end("up\n");
      },
      (error: unknown) => {
        failure = error;
        kill();
      },
    );
  });
  try {
    const [code] = (await once(child, "close")) as [number | null];
    run.signal?.throwIfAborted();
    if (failure !== undefined) throw failure;
    return { code: code ?? 137, timedOut };
  } finally {
    network?.close();
    clearTimeout(timer);
    run.signal?.removeEventListener("abort", kill);
    process.off("exit", onExit);
  }
}

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
