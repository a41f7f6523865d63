import { join } from "node:path";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { HostRun, RootLayer, Sandbox, SandboxEnd, SandboxRun } from "../../ports/sandbox.js";
import { isInterpreted } from "./binfmt.js";
import { layBundle } from "./bundle.js";
import { CacheFolders, refuseLinksInCaches } from "./cache-folders.js";
import { changedSince, copyTrees, listAll } from "./copied-root.js";
import { hostRun } from "./host-run.js";
import { asRoot, findHostTools, type HostTools, hasProgram, type ToolSearch } from "./host-tools.js";
import { probeSandbox } from "./probe.js";
import { type CommandLimits, makeGroup, removeDeadGroups } from "./process-group.js";
import { readEnd } from "./read-end.js";
import { removeStubs } from "./remove-stubs.js";
import { RootFolders } from "./root-folders.js";
import { packTar, unpackTar } from "./root-tar.js";
import { runQuietly } from "./run-program.js";
import { deleteCommand } from "./runtime-command.js";
import { orSandboxFailed } from "./sandbox-failure.js";
import { wrappedRun } from "./wrapped-run.js";

/** Where a sandbox keeps what it needs on disk. */
export interface RuncSandboxOptions {
  /** Layers of root file systems, and cache folders of commands; absolute. */
  readonly folder: string;
  /** Looks for the programs. @default - on this machine's PATH and in its system folders */
  readonly find?: () => ToolSearch;
  /** Limits of each command, where groups of processes can be made. */
  readonly limits?: CommandLimits | undefined;
  /** False copies root file systems also where folders can be laid over each other. @default - what the folder allows */
  readonly overlay?: boolean;
}

interface Ready {
  readonly tools: HostTools;
  readonly roots: RootFolders;
  /** True when folders can be laid over each other here. */
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
