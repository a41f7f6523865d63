import { join } from "node:path";
import type { SandboxMount } from "../../ports/sandbox.js";
import type { BundleFolder } from "./bundle-folder.js";
import type { ScriptMount } from "./run-script.js";
import type { RuntimeMount } from "./runtime-config.js";

/** The mounts of a command: what the script mounts beforehand, and what the runtime binds into the root. */
export interface BundleMounts {
  readonly script: readonly ScriptMount[];
  readonly runtime: readonly RuntimeMount[];
}

/**
 * Lays out the mounts of a command in its bundle.
 *
 * @param caches the folders of the cache mounts, by id
 * @param copies the folders of trees that were copied, where they cannot be laid together
 */
export function bundleMounts(
  mounts: readonly SandboxMount[],
  caches: ReadonlyMap<string, string>,
  copies: ReadonlyMap<SandboxMount, string>,
  bundle: BundleFolder,
): BundleMounts {
  const script: ScriptMount[] = [];
  const runtime: RuntimeMount[] = [];
  const bind = (destination: string, source: string, options: readonly string[] = []) =>
    void runtime.push({ destination, type: "bind", source, options: ["rbind", "nodev", ...options] });
  for (const [index, mount] of mounts.entries()) {
    if (mount.type === "tree") {
      const copied = copies.get(mount);
      if (copied !== undefined) {
        bind(mount.target, join(copied, mount.path), mount.writable ? [] : ["ro"]);
        continue;
      }
      const at = bundle.make(`tree${index}`);
      const writable = mount.writable ? bundle.writable(`${index}`) : undefined;
      script.push({ layers: mount.layers.map(({ id }) => bundle.link(id)), at, writable });
      bind(mount.target, join(at, mount.path), mount.writable ? [] : ["ro"]);
    } else if (mount.type === "cache") bind(mount.target, caches.get(mount.id)!);
    else if (mount.type === "tmpfs") {
      const size = mount.sizeBytes === undefined ? [] : [`size=${mount.sizeBytes}`];
      const options = ["nosuid", "nodev", "mode=1777", ...size];
      runtime.push({ destination: mount.target, type: "tmpfs", source: "tmpfs", options });
    } else if (mount.type === "secret") bind(mount.target, join(bundle.memory, `${index}`), ["ro"]);
    else bind(mount.target, mount.hostPath);
  }
  return { script, runtime };
}
