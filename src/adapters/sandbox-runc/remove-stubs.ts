import { lstatSync, rmdirSync, unlinkSync } from "node:fs";
import { pathToBytes } from "../../core/bytes.js";
import { asRoot, type HostTools } from "./host-tools.js";
import { runQuietly } from "./run-program.js";

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
