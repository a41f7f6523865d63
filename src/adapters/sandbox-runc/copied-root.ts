import { spawn } from "node:child_process";
import { once } from "node:events";
import { pathFromBytes } from "../../core/bytes.js";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { HostRun, SandboxEnd, SandboxMount } from "../../ports/sandbox.js";
import { asRoot, type HostTools, runProgram } from "./host-tools.js";
import type { RootFolders } from "./root-folders.js";
import { apart } from "./wrapped-run.js";

/** The paths of a root file system with the time of each one's last change of any kind. */
export type RootListing = ReadonlyMap<string, string>;

/** What a command changed in a root that it ran in itself. */
export interface ChangedPaths {
  readonly names: readonly string[];
  readonly present: ReadonlySet<string>;
}

/** Copies the trees of mounts that would have to be laid together. */
export async function copyTrees(
  mounts: readonly SandboxMount[],
  tools: HostTools,
  roots: RootFolders,
): Promise<ReadonlyMap<SandboxMount, string>> {
  const copies = new Map<SandboxMount, string>();
  for (const mount of mounts) {
    if (mount.type !== "tree" || (mount.layers.length === 1 && !mount.writable)) continue;
    const folder = roots.newFolder();
    copies.set(mount, folder);
    await unpackTar(tools, await mount.wholeTar(), folder);
  }
  return copies;
}

/** Lists a root file system. Change times cannot be set, so that no change of a file escapes. */
export async function listAll(tools: HostTools, folder: string): Promise<RootListing> {
  const pieces: Buffer[] = [];
  const command = [...asRoot(tools), "find", folder, "-printf", "%C@ %i %P\\0"];
  const { code, said } = await runProgram(command, { sink: (chunk) => void pieces.push(Buffer.from(chunk)) });
  if (code !== 0) {
    const what = "list a root file system";
    throw new EnvironmentError("SANDBOX_FAILED", { what, reason: said }, { subject: what });
  }
  const listing = new Map<string, string>();
  // Byte for byte, as tar is given them back: names need not be UTF-8.
  for (const line of Buffer.concat(pieces).toString("latin1").split("\0")) {
    const [time = "", inode = "", ...path] = line.split(" ");
    if (path.length > 0) listing.set(path.join(" "), `${time} ${inode}`);
  }
  return listing;
}

/** The paths that are not as they were, and all that are there. */
export async function changedSince(
  tools: HostTools,
  folder: string,
  before: RootListing,
): Promise<ChangedPaths> {
  const after = await listAll(tools, folder);
  const names: string[] = [];
  for (const [path, stamp] of after) if (before.get(path) !== stamp) names.push(path === "" ? "." : path);
  return {
    names,
    present: new Set([...after.keys()].map((path) => pathFromBytes(Buffer.from(path, "latin1")))),
  };
}

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

const ATTRIBUTES = ["--xattrs", "--xattrs-include=*"];

/** Unpacks a tar into a directory: owners, modes, devices and extended attributes as they stand in it. */
export async function unpackTar(
  tools: HostTools,
  tar: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  folder: string,
): Promise<void> {
  const command = [tools.tar, "-x", "-p", "-f", "-", "--same-owner", "--numeric-owner", ...ATTRIBUTES];
  const { code, said } = await runProgram([...asRoot(tools), ...command, "-C", folder], { input: tar });
  if (code !== 0) throw failed("unpack a root file system", said);
}

/**
 * Packs a directory, names in byte order. Times are whole seconds: a header more for every file is half of a layer of
 * small files.
 */
export async function packTar(
  tools: HostTools,
  folder: string,
  sink: (chunk: Uint8Array) => void,
  names?: readonly string[],
): Promise<void> {
  const command = [
    tools.tar,
    "-c",
    "-f",
    "-",
    "--format=posix",
    "--pax-option=delete=atime,delete=ctime,delete=mtime",
    "--numeric-owner",
    "--sort=name",
    "--warning=no-file-ignored",
    ...ATTRIBUTES,
    "-C",
    folder,
  ];
  const listed =
    names === undefined ? ["."] : ["--null", "--no-recursion", "--verbatim-files-from", "-T", "-"];
  // One character a byte, as they were listed: names need not be UTF-8.
  const list =
    names === undefined ? undefined : Buffer.from(names.map((name) => `${name}\0`).join(""), "latin1");
  const input = list === undefined ? undefined : [list];
  const streams = input === undefined ? { sink } : { sink, input };
  const { code, said } = await runProgram([...asRoot(tools), ...command, ...listed], streams);
  if (code !== 0) throw failed("read what the command changed", said);
}

function failed(what: string, said: string): EnvironmentError<"SANDBOX_FAILED"> {
  const reason = said.split("\n").at(-1) ?? "";
  return new EnvironmentError("SANDBOX_FAILED", { what, reason }, { subject: what });
}
