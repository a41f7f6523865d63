import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SandboxRun } from "../../ports/sandbox.js";
import { BundleFolder } from "./bundle-folder.js";
import { bundleMounts } from "./bundle-mounts.js";
import type { HostTools } from "./host-tools.js";
import { writeNetworkFiles } from "./network-files.js";
import { runScript, type ScriptMount } from "./run-script.js";
import { runtimeConfig } from "./runtime-config.js";

/** What a bundle is laid out for. */
export interface BundleInput {
  readonly request: SandboxRun;
  readonly tools: HostTools;
  /** An empty folder for all that the runtime needs. */
  readonly folder: string;
  /** Where the command's changes go, or where it runs itself when the root file system was copied there. */
  readonly layer: string;
  readonly overlay: boolean;
  /** The folders of the cache mounts, by id. */
  readonly caches: ReadonlyMap<string, string>;
  /** The name of the container; no other on this machine has it. */
  readonly name: string;
}

/** Lays out the bundle of the runtime (OCI runtime-spec bundle.md), and gives the script that runs it. */
export function layBundle({ request, tools, folder, layer, overlay, caches, name }: BundleInput): string {
  const bundle = new BundleFolder(folder);
  // The runtime goes through it as the command's user.
  chmodSync(folder, 0o711);
  const rootfs = overlay ? bundle.make("rootfs") : layer;
  const root: ScriptMount[] = [];
  if (overlay) {
    const layers = request.layers.map(({ id }) => bundle.link(id));
    root.push({ layers, at: rootfs, writable: bundle.writable("", layer) });
  }
  const { script, runtime, secrets } = bundleMounts(request.mounts, caches, bundle);
  writeNetworkFiles(folder, request.network);
  const config = runtimeConfig({ ...request, rootfs, files: folder, mounts: runtime }, tools);
  writeFileSync(join(folder, "config.json"), JSON.stringify(config), { mode: 0o600 });
  const rootless = tools.root ? [] : ["--rootless", "true"];
  return runScript({
    folder: bundle.links,
    mounts: [...root, ...script],
    secrets,
    tar: tools.tar,
    runtime: [tools.runtime, "--root", bundle.make("state"), ...rootless, "run", "--bundle", folder, name],
    root: tools.root,
  });
}
