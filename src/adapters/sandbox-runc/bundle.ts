import { chmodSync } from "node:fs";
import { join } from "node:path";
import type { SandboxMount, SandboxRun } from "../../ports/sandbox.js";
import { BundleFolder } from "./bundle-folder.js";
import { bundleMounts } from "./bundle-mounts.js";
import type { HostTools } from "./host-tools.js";
import { memoryTar } from "./memory-tar.js";
import { type NetworkKind, writeNetworkFiles } from "./network-files.js";
import { runScript, type ScriptMount } from "./run-script.js";
import { runCommand } from "./runtime-command.js";
import { runtimeConfig } from "./runtime-config.js";

/** What a bundle is laid out for. */
export interface BundleInput {
  readonly request: SandboxRun;
  readonly network: NetworkKind;
  /** The files by which the command joins its group of processes. */
  readonly joins: readonly string[];
  readonly tools: HostTools;
  /** An empty folder for all that the runtime needs. */
  readonly folder: string;
  /** Where the command's changes go, or where it runs itself when the root file system was copied there. */
  readonly layer: string;
  readonly overlay: boolean;
  /** The folders of the cache mounts, by id. */
  readonly caches: ReadonlyMap<string, string>;
  /** The folders of trees that were copied, where they cannot be laid together. */
  readonly copies: ReadonlyMap<SandboxMount, string>;
  /** True when the runtime and the kernel filter system calls. */
  readonly filter: boolean;
  /** The name of the container; no other on this machine has it. */
  readonly name: string;
}

/** A bundle that is ready to be run. */
export interface Bundle {
  readonly script: string;
  /** The tar that the script reads from descriptor 3: what must never be on a disk. */
  readonly inMemory: Iterable<Uint8Array>;
  /** What the runtime knows of its container. */
  readonly state: string;
  readonly setupLog: string;
  readonly runtimeLog: string;
}

/** Lays out the bundle of the runtime (OCI runtime-spec bundle.md), with the script that runs it. */
export function layBundle(input: BundleInput): Bundle {
  const { request, network, joins, tools, folder, layer, overlay, caches, copies, filter, name } = input;
  const bundle = new BundleFolder(folder);
  // The runtime goes through it as the command's user.
  chmodSync(folder, 0o711);
  const rootfs = bundle.make("rootfs");
  const root: ScriptMount = overlay
    ? {
        layers: request.layers.map(({ id }) => bundle.link(id)),
        at: rootfs,
        writable: bundle.writable("", layer),
      }
    : { layers: [bundle.link(layer)], at: rootfs, writable: "itself" };
  const mounts = bundleMounts(request.mounts, caches, copies, bundle);
  writeNetworkFiles(folder, network);
  const config = runtimeConfig(
    { ...request, network, rootfs, files: folder, devices: bundle.memory, mounts: mounts.runtime, filter },
    tools,
  );
  // crun keeps a copy of the config there. What runc keeps has nothing of the command, and ends what was killed.
  const state = tools.runtimeName === "crun" ? join(bundle.memory, "state") : bundle.make("state");
  const places = { folder: bundle.memory, state, log: join(folder, "runtime.log"), name };
  const setupLog = join(folder, "setup.log");
  const script = runScript({
    tools,
    folder: bundle.links,
    mounts: [root, ...mounts.script],
    memory: bundle.memory,
    network: network === "private",
    joins,
    setupLog,
    runtime: runCommand(tools, places),
  });
  const inMemory = memoryTar(JSON.stringify(config), request.mounts, tools.root);
  return { script, inMemory, state, setupLog, runtimeLog: places.log };
}
