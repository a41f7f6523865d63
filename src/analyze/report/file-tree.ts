import { OPAQUE_NAME, WHITEOUT_PREFIX, whiteoutTarget } from "../../layer/whiteout.js";
import type { ObservedEntry } from "../observed-image.js";

/** A file or folder of one layer, with the bytes of all that is in it. */
export interface FileTree {
  readonly name: string;
  bytes: number;
  /** Files in it with bytes; 1 for a file. */
  files: number;
  /** Undefined for a file. */
  readonly children?: Map<string, FileTree>;
  /** What the layer removes here from those below it. */
  readonly removed?: "this" | "all in the folder";
}

/** The files of a layer as folders. Names without bytes of their own (links, empty files) are left out. */
export function fileTree(entries: readonly ObservedEntry[]): FileTree {
  const root = folder("");
  for (const { type, path, size } of entries) {
    const cut = path.lastIndexOf("/") + 1;
    const name = path.slice(cut);
    const whiteout = name === OPAQUE_NAME || whiteoutTarget(path) !== undefined;
    if (!whiteout && (type !== "file" || size === 0)) continue;
    const parents = cut === 0 ? [] : path.slice(0, cut - 1).split("/");
    if (whiteout) place(root, parents, removal(name));
    else place(root, parents, { name, bytes: size, files: 1 });
  }
  return root;
}

function place(root: FileTree, parents: readonly string[], leaf: FileTree): void {
  let at = root;
  count(at, leaf);
  for (const name of parents) {
    let next = at.children!.get(name);
    // A layer may hold a path twice, once as a file: what comes last is what it is.
    if (next?.children === undefined) {
      next = folder(name);
      at.children!.set(name, next);
    }
    at = next;
    count(at, leaf);
  }
  at.children!.set(leaf.removed === undefined ? leaf.name : `${WHITEOUT_PREFIX}${leaf.name}`, leaf);
}

function count(at: FileTree, leaf: FileTree): void {
  at.bytes += leaf.bytes;
  at.files += leaf.files;
}

function folder(name: string): FileTree {
  return { name, bytes: 0, files: 0, children: new Map() };
}

function removal(name: string): FileTree {
  const all = name === OPAQUE_NAME;
  const removed = all ? "all in the folder" : "this";
  return { name: all ? "" : name.slice(WHITEOUT_PREFIX.length), bytes: 0, files: 0, removed };
}
