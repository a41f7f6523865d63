import { createHash, type Hash } from "node:crypto";
import { sizeText } from "../../core/size.js";
import type { ObservedEntry } from "../observed-image.js";

/** A layer that may hold more than its own, in the stage that it is of. */
export interface WholeLayer {
  readonly stage: string;
  readonly label: string;
  /** The same for layers that are one already. */
  readonly id: string;
  readonly entries: readonly ObservedEntry[];
}

/** Smaller folders are not worth a step of their own. */
const LEAST_BYTES = 256 * 1024;

/** How many lines are said of one stage. */
const MOST_LINES = 3;

interface Folder {
  readonly hash: Hash;
  bytes: number;
}

/**
 * Says of each stage which folders inside of its layers others have too, at the same place and with the same content: as
 * steps of their own they would be one layer. A step is never torn apart, since a Dockerfile of most front ends cannot
 * copy a folder but for a part of it.
 */
export function commonFolders(layers: readonly WholeLayer[]): ReadonlyMap<string, readonly string[]> {
  const holders = new Map<
    string,
    { readonly path: string; readonly bytes: number; readonly layers: WholeLayer[] }
  >();
  for (const layer of layers) {
    for (const [path, { hash, bytes }] of foldersOf(layer.entries)) {
      if (bytes < LEAST_BYTES) continue;
      const key = `${path}\0${hash.digest("hex")}`;
      const known = holders.get(key);
      if (known === undefined) holders.set(key, { path, bytes, layers: [layer] });
      else known.layers.push(layer);
    }
  }
  const common = [...holders.values()].filter(
    ({ layers: held }) => new Set(held.map(({ id }) => id)).size > 1,
  );
  const lines = new Map<string, string[]>();
  for (const { path, bytes, layers: held } of common.sort((a, b) => b.bytes - a.bytes)) {
    // What is below a folder that is said already comes with it.
    if (common.some((other) => path.startsWith(`${other.path}/`) && isSame(other.layers, held))) continue;
    const stages = new Set(held.map(({ stage }) => stage)).size;
    for (const { stage, label } of held) {
      const own = lines.get(stage) ?? [];
      const line = `/${path} (${sizeText(bytes)}) of ${label} is in ${stages} images: a copy of its own would be shared`;
      if (own.length < MOST_LINES && !own.includes(line)) own.push(line);
      lines.set(stage, own);
    }
  }
  return lines;
}

function foldersOf(entries: readonly ObservedEntry[]): ReadonlyMap<string, Folder> {
  const folders = new Map<string, Folder>();
  for (const { path, type, mode, uid, gid, size, sha256 = "", linkname = "" } of entries) {
    const text = `\0${type}\0${mode}\0${uid}\0${gid}\0${size}\0${sha256}\0${linkname}\n`;
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      const name = path.slice(0, at);
      let folder = folders.get(name);
      if (folder === undefined) {
        folder = { hash: createHash("sha256"), bytes: 0 };
        folders.set(name, folder);
      }
      folder.hash.update(path.slice(at) + text);
      folder.bytes += size;
    }
  }
  return folders;
}

function isSame(left: readonly WholeLayer[], right: readonly WholeLayer[]): boolean {
  return left.length === right.length && left.every((layer, at) => layer === right[at]);
}
