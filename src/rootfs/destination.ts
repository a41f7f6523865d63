import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import { resolvePath } from "./resolve.js";
import { type FolderNode, joinPath, type TreeNode } from "./tree.js";

/** The source of what is put somewhere, for messages. */
export interface Placing {
  readonly source: string;
  readonly origin: Origin | undefined;
}

/**
 * The place of a copied file: inside of `dest` when that is to be a directory (`into`) or is one, as COPY has it, else
 * `dest` itself. Links on the way are followed inside the image, also one at the end of `dest`; what the file replaces
 * is not.
 */
export function fileDestination(
  tree: FolderNode,
  dest: string,
  into: boolean,
  name: string,
  placing: Placing,
): string {
  const found = resolvePath(tree, dest);
  if (found.blockedBy !== undefined) throw notFolder(`/${found.blockedBy}`, tree, placing);
  if (!into && found.node?.type !== "folder") return found.path;
  if (found.node !== undefined && found.node.type !== "folder")
    throw notFolder(`/${found.path}`, tree, placing);
  const path = joinPath(found.path, name);
  if (found.node?.children.get(name)?.type === "folder") throw isFolder(`/${path}`, placing);
  return path;
}

/** The place of a file that stands for `path` itself: a directory there is in the way. */
export function exactDestination(tree: FolderNode, path: string, placing: Placing): string {
  const found = resolvePath(tree, path);
  if (found.blockedBy !== undefined) throw notFolder(`/${found.blockedBy}`, tree, placing);
  if (found.node?.type === "folder") throw isFolder(`/${found.path}`, placing);
  return found.path;
}

/** The directory that a directory's contents go into, which need not exist yet. */
export function folderDestination(tree: FolderNode, dest: string, placing: Placing): string {
  const found = resolvePath(tree, dest);
  if (found.blockedBy !== undefined) throw notFolder(`/${found.blockedBy}`, tree, placing);
  if (found.node !== undefined && found.node.type !== "folder")
    throw notFolder(`/${found.path}`, tree, placing);
  return found.path;
}

/** The error for a file that would take the place of a directory. */
export function isFolder(dest: string, { source, origin }: Placing): PlanError {
  return new PlanError("DEST_IS_FOLDER", { source, dest }, { subject: dest, origin });
}

/** The error for something that would go below what is no directory. */
export function notFolder(dest: string, tree: FolderNode, { source, origin }: Placing): PlanError {
  const node = resolvePath(tree, dest, { followLast: false }).node;
  return new PlanError("DEST_NOT_FOLDER", { source, dest, found: typeText(node) }, { subject: dest, origin });
}

/** A node's type, in words. */
export function typeText(node: TreeNode | undefined): string {
  if (node === undefined) return "file";
  return node.type === "symlink" ? "symbolic link" : node.type.replace("-", " ");
}
