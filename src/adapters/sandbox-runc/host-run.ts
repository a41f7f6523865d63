import { spawn } from "node:child_process";
import { once } from "node:events";
import type { HostRun, SandboxEnd } from "../../ports/sandbox.js";
import { apart } from "./apart.js";
import { changedSince, listAll } from "./copied-root.js";
import type { HostTools } from "./host-tools.js";
import type { RootFolders } from "./root-folders.js";
import { packTar, unpackTar } from "./root-tar.js";

/** Unpacks a root file system, lets tools of this machine change it, and finds out what they changed. */
export async function hostRun(tools: HostTools, roots: RootFolders, request: HostRun): Promise<SandboxEnd> {
  const folder = roots.newFolder();
  await unpackTar(tools, await request.wholeTar(), folder);
  const before = await listAll(tools, folder);
  const exitCode = await fill(tools, folder, request);
  const changed = exitCode === 0 ? await changedSince(tools, folder, before) : undefined;
  return {
    exitCode,
    timedOut: false,
    changes: {
      layer: { id: folder },
      present: changed?.present,
      read: async (sink) => {
        await packTar(tools, folder, sink, changed?.names);
        await roots.remove(folder);
      },
    },
  };
}

async function fill(
  tools: HostTools,
  root: string,
  { command, env, signal, onOutput }: HostRun,
): Promise<number> {
  if (typeof command === "function") {
    await command(root);
    return 0;
  }
  // In namespaces of its own: what the tool mounts vanishes with it, whatever ends it.
  const [program = "", ...args] = [
    ...apart(tools),
    ...command.map((word) => word.replaceAll("{root}", root)),
  ];
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env, ROOT: root },
    detached: true,
  });
  const kill = () => void child.kill("SIGKILL");
  signal?.addEventListener("abort", kill, { once: true });
  process.once("exit", kill);
  child.stdout?.on("data", (piece: Buffer) => onOutput("stdout", piece));
  child.stderr?.on("data", (piece: Buffer) => onOutput("stderr", piece));
  try {
    const [code] = (await once(child, "close")) as [number | null];
    signal?.throwIfAborted();
    return code ?? 137;
  } finally {
    signal?.removeEventListener("abort", kill);
    process.off("exit", kill);
  }
}
