import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { RootLayer, Sandbox, SandboxEnd, SandboxRun } from "../../ports/sandbox.js";
import { type CacheFolder, CacheFolders } from "./cache-folders.js";
import { changedSince, listAll } from "./copied-root.js";
import { findHostTools, type HostTools } from "./host-tools.js";
import { probeSandbox } from "./probe.js";
import { RootFolders } from "./root-folders.js";
import { packTar, unpackTar } from "./root-tar.js";
import { runScript, type ScriptMount } from "./run-script.js";
import { HOSTNAME, type RuntimeMount, runtimeConfig } from "./runtime-config.js";
import { secretsTar } from "./secrets-tar.js";
import { wrappedRun } from "./wrapped-run.js";

/** Where a sandbox keeps what it needs on disk. */
export interface RuncSandboxOptions {
  /** Layers of root file systems, and cache folders of commands; absolute. */
  readonly folder: string;
}

interface Ready {
  readonly tools: HostTools;
  readonly roots: RootFolders;
  /** Whether folders can be laid over each other here. */
  readonly overlay: boolean;
}

/** Runs commands with an OCI runtime of the machine, in a mount namespace over an overlay of layers. */
export class RuncSandbox implements Sandbox {
  readonly #options: RuncSandboxOptions;
  readonly #caches: CacheFolders;
  #ready: Promise<Ready> | undefined;
  #runs = 0;

  constructor(options: RuncSandboxOptions) {
    this.#options = options;
    this.#caches = new CacheFolders(join(options.folder, "caches"));
  }

  async check(command: string, count: number): Promise<void> {
    const search = findHostTools();
    const { missing } =
      search.tools === undefined ? search : await probeSandbox(search.tools, this.#options.folder);
    if (missing.length === 0) return;
    throw new EnvironmentError("RUN_NEEDS_SANDBOX", { command, count, missing }, { subject: command });
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

  async run(request: SandboxRun): Promise<SandboxEnd> {
    const ready = await this.#open();
    const { tools, roots } = ready;
    const bundle = roots.newFolder();
    const layer = roots.newFolder();
    if (!ready.overlay) await unpackTar(tools, await request.wholeTar(), layer);
    const before = ready.overlay ? undefined : await listAll(tools, layer);
    const taken: CacheFolder[] = [];
    try {
      const script = await this.#prepare(request, ready, bundle, layer, taken);
      const end = await wrappedRun(tools, {
        script,
        secrets: secretsTar(request.mounts),
        timeoutMs: request.timeoutMs,
        signal: request.signal,
        onOutput: request.onOutput,
      });
      const changed = before === undefined ? undefined : await changedSince(tools, layer, before);
      return {
        exitCode: end.code,
        timedOut: end.timedOut,
        changes: {
          layer: { id: layer },
          present: changed?.present,
          read: (sink) => packTar(tools, layer, sink, changed?.names),
        },
      };
    } finally {
      for (const cache of taken) cache.release();
      await roots.remove(bundle);
    }
  }

  async close(): Promise<void> {
    const ready = await this.#ready?.catch(() => undefined);
    await ready?.roots.close();
  }

  #open(): Promise<Ready> {
    this.#ready ??= (async () => {
      const { tools } = findHostTools();
      if (tools === undefined) throw new EnvironmentError("SANDBOX_FAILED", { what: "start", reason: "" });
      const roots = new RootFolders(join(this.#options.folder, "roots"), tools);
      await roots.open();
      const { overlay } = await probeSandbox(tools, this.#options.folder);
      return { tools, roots, overlay };
    })();
    return this.#ready;
  }

  /** Lays out the bundle of the runtime, and gives the script that runs it. */
  async #prepare(
    request: SandboxRun,
    { tools, roots, overlay }: Ready,
    bundle: string,
    layer: string,
    taken: CacheFolder[],
  ): Promise<string> {
    const at = (name: string): string => {
      const path = join(bundle, name);
      mkdirSync(path);
      return path;
    };
    const inRoots = (path: string) => relative(roots.root, path);
    const mounts: ScriptMount[] = [];
    const rootfs = overlay ? at("rootfs") : layer;
    if (overlay) {
      const layers = request.layers.map(({ id }) => inRoots(id));
      mounts.push({ layers, at: rootfs, writable: { upper: inRoots(layer), work: inRoots(at("work")) } });
    }
    const secrets = request.mounts.some(({ type }) => type === "secret") ? at("secrets") : undefined;
    const runtimeMounts: RuntimeMount[] = [];
    for (const [index, mount] of request.mounts.entries()) {
      if (mount.type === "tree") {
        const place = at(`tree${index}`);
        const writable = mount.writable
          ? { upper: inRoots(at(`upper${index}`)), work: inRoots(at(`work${index}`)) }
          : undefined;
        mounts.push({ layers: mount.layers.map(({ id }) => inRoots(id)), at: place, writable });
        const options = mount.writable ? ["rbind"] : ["rbind", "ro"];
        runtimeMounts.push({
          destination: mount.target,
          type: "bind",
          source: join(place, mount.path),
          options,
        });
      } else if (mount.type === "cache") {
        const folder = await this.#caches.take(mount.id, mount.sharing, request.signal);
        taken.push(folder);
        runtimeMounts.push({
          destination: mount.target,
          type: "bind",
          source: folder.path,
          options: ["rbind"],
        });
      } else if (mount.type === "tmpfs") {
        const size = mount.sizeBytes === undefined ? [] : [`size=${mount.sizeBytes}`];
        const options = ["nosuid", "nodev", "mode=1777", ...size];
        runtimeMounts.push({ destination: mount.target, type: "tmpfs", source: "tmpfs", options });
      } else if (mount.type === "secret") {
        const source = join(secrets!, `${index}`);
        runtimeMounts.push({ destination: mount.target, type: "bind", source, options: ["rbind", "ro"] });
      } else {
        runtimeMounts.push({
          destination: mount.target,
          type: "bind",
          source: mount.hostPath,
          options: ["rbind"],
        });
      }
    }
    writeNetworkFiles(bundle, request.network);
    const config = runtimeConfig({ ...request, rootfs, files: bundle, mounts: runtimeMounts }, tools);
    writeFileSync(join(bundle, "config.json"), JSON.stringify(config), { mode: 0o600 });
    const id = `layerwright-${process.pid}-${this.#runs++}-${Date.now().toString(36)}`;
    const rootless = tools.root ? [] : ["--rootless", "true"];
    const runtime = [tools.runtime, "--root", at("state"), ...rootless, "run", "--bundle", bundle, id];
    return runScript({ roots: roots.root, mounts, secrets, tar: tools.tar, runtime, root: tools.root });
  }
}

/** The files that tell a command where names come from; bound in, and never part of a layer. */
function writeNetworkFiles(bundle: string, network: "none" | "host"): void {
  let servers = "";
  try {
    if (network === "host") servers = readFileSync("/etc/resolv.conf", "utf8");
  } catch {
    // A machine without it has no names to look up either.
  }
  const hosts = `127.0.0.1\tlocalhost ${HOSTNAME}\n::1\tlocalhost ip6-localhost ip6-loopback\n`;
  const texts = { "resolv.conf": servers, hosts };
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(bundle, name), text);
    chmodSync(join(bundle, name), 0o644);
  }
  chmodSync(bundle, 0o711);
}
