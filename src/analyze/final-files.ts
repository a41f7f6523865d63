import { nameRole } from "../layer/whiteout.js";
import type { ObservedEntry, ObservedImage, ObservedLayer } from "./observed-image.js";

/** An entry that is in the final root file system, and the layer that it comes from. */
export interface FinalFile {
  readonly entry: ObservedEntry;
  readonly layer: ObservedLayer;
}

/**
 * What a container of an image sees: the entries of all layers laid over each other, by path (without a leading slash).
 * Links are not followed.
 */
export async function finalFiles({ layers }: Pick<ObservedImage, "layers">): Promise<Map<string, FinalFile>> {
  const files = new Map<string, FinalFile>();
  for (const layer of layers) {
    const entries = await layer.entries();
    // Whiteouts mean the layers below, so they come before anything of this one, wherever they stand.
    for (const { path } of entries) hide(files, path, layer.diffId);
    for (const entry of entries) {
      if (nameRole(nameOf(entry.path), entry.path, layer.diffId).kind !== "plain") continue;
      // What replaces a folder takes away all that was in it.
      if (entry.type !== "folder" && files.get(entry.path)?.entry.type === "folder") drop(files, entry.path);
      files.set(entry.path, { entry, layer });
    }
  }
  return files;
}

function hide(files: Map<string, FinalFile>, path: string, layer: string): void {
  const name = nameOf(path);
  const role = nameRole(name, path, layer);
  const folder = path.slice(0, path.length - name.length);
  if (role.kind === "opaque") drop(files, folder.slice(0, -1));
  if (role.kind !== "whiteout") return;
  const target = folder + role.target;
  const was = files.get(target);
  files.delete(target);
  // Nothing is below what is no folder; to look through all paths for each removed file would take long.
  if (was === undefined || was.entry.type === "folder") drop(files, target);
}

/** Takes away everything below a folder. */
function drop(files: Map<string, FinalFile>, folder: string): void {
  const prefix = folder === "" ? "" : `${folder}/`;
  for (const path of files.keys()) if (path.startsWith(prefix)) files.delete(path);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
