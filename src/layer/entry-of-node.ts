import type { TarEntry } from "../tar/tar-entry.js";
import type { TreeNode } from "./tree-node.js";

/** How nodes become entries. */
export interface EntryOptions {
  /** Whole seconds that every entry gets; without it each node keeps its own. */
  readonly mtime?: number;
  /** Which extended attributes are written; without it only `security.capability`. */
  readonly xattrs?: (name: string) => boolean;
}

/** The entry of a node that has its own bytes, i.e. the first name of a hard link. */
export function entryOf(path: string, node: TreeNode, options: EntryOptions): TarEntry {
  const { type, mode, uid, gid } = node;
  const mtime = options.mtime ?? node.mtime;
  const xattrs = xattrsOf(node, options);
  const entry: TarEntry = { type, path, mode, uid, gid, size: 0, mtime };
  const attributes = xattrs === undefined ? undefined : { xattrs };
  switch (node.type) {
    case "folder":
      return { ...entry, ...attributes };
    case "file":
      return { ...entry, size: node.size, ...attributes };
    case "symlink":
      return { ...entry, mode: 0o777, linkname: node.target, ...attributes };
    default:
      return { ...entry, devmajor: node.devmajor, devminor: node.devminor, ...attributes };
  }
}

/** The extended attributes of a node that are written, or undefined where there are none. */
export function xattrsOf(
  node: TreeNode,
  options: EntryOptions,
): Readonly<Record<string, Uint8Array>> | undefined {
  if (node.xattrs === undefined) return undefined;
  const wanted = options.xattrs ?? isCapability;
  const kept = Object.entries(node.xattrs).filter(([name]) => wanted(name));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** Attributes that belong to the machine's own file system, and not to the image. */
const BOOKKEEPING = /^(?:(?:trusted|user)\.overlay\.|security\.selinux$)/;

/** True when an attribute is the machine's own, so that it is no part of an image. */
export function isBookkeeping(name: string): boolean {
  return BOOKKEEPING.test(name);
}

/** The attributes of a node that are the image's and that a new layer does not hold. */
export function unwrittenAttributes({ xattrs = {} }: TreeNode): string[] {
  return Object.keys(xattrs).filter((name) => !isCapability(name) && !isBookkeeping(name));
}

function isCapability(name: string): boolean {
  return name === "security.capability";
}
