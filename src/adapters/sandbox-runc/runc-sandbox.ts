import { lstatSync, readFileSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { pathToBytes } from "../../core/bytes.js";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { HostRun, RootLayer, Sandbox, SandboxEnd, SandboxRun } from "../../ports/sandbox.js";
import { systemError } from "../host/disk-calls.js";
import { layBundle } from "./bundle.js";
import { CacheFolders, refuseLinksInCaches } from "./cache-folders.js";
import { changedSince, copyTrees, hostRun, listAll, packTar, unpackTar } from "./copied-root.js";
import {
  asRoot,
  findHostTools,
  type HostTools,
  hasProgram,
  isInterpreted,
  runQuietly,
  type ToolSearch,
} from "./host-tools.js";
import { probeSandbox } from "./probe.js";
import { type CommandLimits, makeGroup, removeDeadGroups } from "./process-group.js";
import { RootFolders } from "./root-folders.js";
import { deleteCommand } from "./runtime-config.js";
import { wrappedRun } from "./wrapped-run.js";

/** Where a sandbox keeps what it needs on disk. */
export interface RuncSandboxOptions {
  /** Layers of root file systems, and cache directories of commands; absolute. */
  readonly folder: string;
  /** Looks for the programs. @default - on this machine's PATH and in its system directories */
  readonly find?: () => ToolSearch;
  /** Limits of each command, where groups of processes can be made. */
  readonly limits?: CommandLimits | undefined;
  /** False copies root file systems also where directories can be laid over each other. @default - what the directory allows */
  readonly overlay?: boolean;
}

interface Ready {
  readonly tools: HostTools;
  readonly roots: RootFolders;
  /** True when directories can be laid over each other here. */
  readonly overlay: boolean;
  /** True when system calls can be filtered here. */
  readonly filter: boolean;
  readonly privateNetwork: boolean;
}

/** Runs commands with an OCI runtime of the machine, in a mount namespace over an overlay of layers. */
export class RuncSandbox implements Sandbox {
  readonly #options: RuncSandboxOptions;
  readonly #find: () => ToolSearch;
  readonly #caches: CacheFolders;
  #ready: Promise<Ready> | undefined;
  #toldOfNetwork = false;

  constructor(options: RuncSandboxOptions) {
    this.#options = options;
    this.#find = options.find ?? (() => findHostTools());
    this.#caches = new CacheFolders(join(options.folder, "caches"));
  }

  async check(command: string, count: number): Promise<void> {
    const search = this.#find();
    const { missing } =
      search.tools === undefined ? search : await probeSandbox(search.tools, this.#options.folder);
    if (missing.length === 0) return;
    throw new EnvironmentError("RUN_NEEDS_SANDBOX", { command, count, missing }, { subject: command });
  }

  hasProgram(name: string): boolean {
    return hasProgram(name);
  }

  interprets(start: Uint8Array): boolean {
    return isInterpreted(start);
  }

  async isFirstOnHostNetwork(): Promise<boolean> {
    if (this.#toldOfNetwork || (await this.#open()).privateNetwork) return false;
    const first = !this.#toldOfNetwork;
    this.#toldOfNetwork = true;
    return first;
  }

  async find(key: string): Promise<RootLayer | undefined> {
    const { roots } = await this.#open();
    const folder = roots.find(key);
    return folder === undefined ? undefined : { id: folder };
  }

  async unpack(tar: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, key?: string): Promise<RootLayer> {
    const { tools, roots } = await this.#open();
    const folder = roots.newFolder();
    try {
      await unpackTar(tools, tar, folder);
    } catch (error) {
      await roots.remove(folder);
      throw error;
    }
    return { id: key === undefined ? folder : await roots.keep(folder, key) };
  }

  run(request: SandboxRun): Promise<SandboxEnd> {
    return orSandboxFailed("run a command", () => this.#run(request));
  }

  async #run(request: SandboxRun): Promise<SandboxEnd> {
    const { tools, roots, overlay, filter, privateNetwork } = await this.#open();
    const { network: asked } = request;
    const network = asked !== "default" ? asked : privateNetwork ? "private" : "host";
    const folder = roots.newFolder();
    const layer = roots.newFolder();
    await roots.dress(layer, request.top);
    if (!overlay) await unpackTar(tools, await request.wholeTar(), layer);
    const copies = overlay ? new Map() : await copyTrees(request.mounts, tools, roots);
    const before = overlay ? undefined : await listAll(tools, layer);
    const { paths: caches, release } = await this.#caches.takeAll(request.mounts, request.signal);
    let ended = false;
    try {
      refuseLinksInCaches(request, caches);
    } catch (error) {
      release();
      throw error;
    }
    const group = makeGroup(this.#options.limits ?? {});
    const bundle = layBundle({
      request,
      joins: group.joins,
      network,
      tools,
      folder,
      layer,
      overlay,
      caches,
      copies,
      filter,
      name: group.name,
    });
    try {
      const end = await wrappedRun(tools, {
        ...request,
        script: bundle.script,
        network: network === "private",
        secrets: bundle.inMemory,
      });
      ended = !end.timedOut;
      const exitCode = end.timedOut ? end.code : readEnd(end.code, bundle.setupLog, bundle.runtimeLog);
      await removeStubs(tools, layer, request.stubs);
      const changed = before === undefined ? undefined : await changedSince(tools, layer, before);
      return {
        exitCode,
        timedOut: end.timedOut,
        changes: {
          layer: { id: layer },
          present: changed?.present,
          read: (sink) => packTar(tools, layer, sink, changed?.names),
        },
      };
    } finally {
      if (!ended) await runQuietly([...asRoot(tools), ...deleteCommand(tools, bundle.state, group.name)]);
      group.remove();
      release();
      for (const copy of copies.values()) await roots.remove(copy);
      await roots.remove(folder);
    }
  }

  async hostRun(request: HostRun): Promise<SandboxEnd> {
    const { tools, roots } = await this.#open();
    return hostRun(tools, roots, request);
  }

  async release(layers: readonly RootLayer[]): Promise<void> {
    const { roots } = await this.#open();
    await roots.removeAll(layers.map(({ id }) => id));
  }

  async close(): Promise<void> {
    const ready = await this.#ready?.catch(() => undefined);
    await ready?.roots.close();
  }

  #open(): Promise<Ready> {
    this.#ready ??= orSandboxFailed("make its folders", async () => {
      const { tools } = this.#find();
      if (tools === undefined) throw new EnvironmentError("SANDBOX_FAILED", { what: "start", reason: "" });
      const roots = new RootFolders(join(this.#options.folder, "roots"), tools);
      await roots.open();
      removeDeadGroups("near");
      const { overlay, ...can } = await probeSandbox(tools, this.#options.folder);
      return { tools, roots, ...can, overlay: overlay && this.#options.overlay !== false };
    });
    return this.#ready;
  }
}

/**
 * Removes the mount points that a runtime made in a layer, where they are still empty: the next command of the image
 * would see them otherwise. No link is followed, since a command may have put one above a mount point.
 *
 * @param stubs paths in the layer, the deepest first
 */
export async function removeStubs(tools: HostTools, layer: string, stubs: readonly string[]): Promise<void> {
  for (const stub of stubs) {
    const names = stub.split("/");
    const above = names.slice(1).map((_, at) => names.slice(0, at + 1).join("/"));
    if (!above.every((path) => typeAt(hostPath(layer, path)) === "directory")) continue;
    const path = hostPath(layer, stub);
    const type = typeAt(path);
    if (type === undefined) continue;
    try {
      if (type === "directory") rmdirSync(path);
      else unlinkSync(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A command of an ordinary user leaves directories that only the root of its namespace may change.
      if (code !== "EACCES" && code !== "EPERM") continue;
      const remove = type === "directory" ? "rmdir" : "rm";
      await runQuietly([...asRoot(tools), remove, "--", path.toString("utf8")]);
    }
  }
}

function hostPath(layer: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${layer}/`), pathToBytes(path)]);
}

/** The type of what may be a mount point; undefined for all that a runtime would not have made. */
function typeAt(path: Buffer): "directory" | "empty file" | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return "directory";
  return stat?.isFile() && stat.size === 0 ? "empty file" : undefined;
}

/** The shell's own codes for a program that is not there, and for one that cannot be executed. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/**
 * The exit code of a command, told from that of a sandbox that never got to start it: then `SANDBOX_FAILED`.
 *
 * @param setupLog what the script wrote before it started the runtime
 * @param runtimeLog what the runtime wrote: documents of JSON, each on a line of its own or, by later versions of crun,
 *   on several
 */
export function readEnd(code: number, setupLog: string, runtimeLog: string): number {
  const setup = readText(setupLog).trim().split("\n");
  if (setup.at(-1) === "failed")
    throw failed("lay out the root file system", setup.length > 1 ? setup[0]! : "");
  const reason = code === 0 ? undefined : lastError(runtimeLog);
  if (reason === undefined) return code;
  if (/executable file .*not found|exec: .*no such file or directory/.test(reason)) return NOT_FOUND;
  if (
    /(?:exec: .*|open executable: )(?:permission denied|operation not permitted|is a directory)/i.test(reason)
  )
    return NOT_EXECUTABLE;
  if (/the path .* (?:is not executable|is not a regular file)/.test(reason)) return NOT_EXECUTABLE;
  throw failed("start the command", reason);
}

function lastError(path: string): string | undefined {
  let last: string | undefined;
  let document = "";
  for (const line of readText(path).split("\n")) {
    document = line.startsWith("{") ? line : `${document}\n${line}`;
    try {
      const { level, msg } = JSON.parse(document) as { level?: unknown; msg?: unknown };
      if (typeof msg === "string" && (level === "error" || level === "fatal")) last = msg;
    } catch {
      // Not the whole of it.
    }
  }
  return last;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function failed(what: string, reason: string): EnvironmentError<"SANDBOX_FAILED"> {
  return new EnvironmentError("SANDBOX_FAILED", { what, reason }, { subject: what });
}

/** Does what needs the machine's disk and processes; where the machine refuses, `SANDBOX_FAILED` says what failed. */
export async function orSandboxFailed<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    if (code === "EMFILE" || code === "ENFILE") throw systemError(error);
    const reason = (error as Error).message;
    throw new EnvironmentError("SANDBOX_FAILED", { what, reason }, { subject: what, cause: error });
  }
}
