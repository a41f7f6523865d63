import type { OpenLayer } from "../archive/open-layer.js";
import type { TarEntry } from "../archive/tar-entry.js";
import type { Origin } from "../errors/origin.js";
import type { Digest } from "../oci/digest.js";
import type { ImageConfig } from "../oci/image-config.js";
import type { Platform } from "../oci/platform.js";
import type { Plan } from "../plan/plan.js";
import { nameRole } from "../rootfs/whiteout.js";

/** A finished image as the analyses see it, ours or anybody's: one platform, its config, and its layers. */
export interface ObservedImage {
  /** Its name in the catalog, or else the path or reference that it was found under. */
  readonly name: string;
  readonly platform: Platform;
  /** Of the manifest; undefined where the image has none (docker save). */
  readonly digest?: Digest;
  readonly config: ImageConfig;
  /** Bottom first. */
  readonly layers: readonly ObservedLayer[];
  /** The plan that it was made from; undefined for an image that was only found. */
  readonly plan?: Plan;
}

/** One layer of an observed image. */
export interface ObservedLayer {
  /** Digest of the plain tar: layers with one diff id are the same layer, whoever built them and however they are compressed. */
  readonly diffId: Digest;
  /** Digest of the blob. */
  readonly digest: Digest;
  /** Bytes of the blob. */
  readonly size: number;
  /** Bytes of the plain tar. */
  readonly uncompressedSize: number;
  /** The step that made it, in a few words, where its image's history says so. */
  readonly description?: string;
  /** Id of the layer in the plan of its image; undefined for layers that the plan only found. */
  readonly planLayer?: string;
  /** True when it is known to belong to the base of its image. */
  readonly inherited: boolean;
  /** True when it is known to be of a base from outside, and not of an image that is described here. */
  readonly outside?: boolean;
  /** The entries in the order of the tar, read when first asked for; layers that are equal share one list. */
  entries(): Promise<readonly ObservedEntry[]>;
  /**
   * @internal
   * Opens it for its names and the bytes of single files, with no digest computed; whoever opens it closes it. Absent
   * where only the entries are known.
   */
  open?(): Promise<OpenLayer>;
  /** The user's line that wrote a path (without a leading slash) into this layer, where that is known. */
  originOf(path: string): Origin | undefined;
}

/** One entry of a layer. Whiteouts are entries as the tar has them (`.wh.NAME`, `.wh..wh..opq`). */
export interface ObservedEntry extends TarEntry {
  /** The sha256 of a file's content in hex; undefined for all but files. */
  readonly sha256?: string;
}

/** An entry that is in the final root file system, and the layer that it comes from. */
export interface FinalFile {
  readonly entry: ObservedEntry;
  readonly layer: ObservedLayer;
}

/**
 * Returns what a container sees: the entries of all layers laid over each other, by path (without a leading slash).
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
      // What replaces a directory takes away all that was in it.
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
  // Nothing is below what is no directory; to look through all paths for each removed file would take long.
  if (was === undefined || was.entry.type === "folder") drop(files, target);
}

/** Takes away everything below a directory. */
function drop(files: Map<string, FinalFile>, folder: string): void {
  const prefix = folder === "" ? "" : `${folder}/`;
  for (const path of files.keys()) if (path.startsWith(prefix)) files.delete(path);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
