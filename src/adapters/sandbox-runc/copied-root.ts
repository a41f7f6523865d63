import { pathFromBytes } from "../../core/bytes.js";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { SandboxMount } from "../../ports/sandbox.js";
import { asRoot, type HostTools } from "./host-tools.js";
import type { RootFolders } from "./root-folders.js";
import { unpackTar } from "./root-tar.js";
import { runProgram } from "./run-program.js";

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
