import type { LayerIndex } from "../../layer/layer-index.js";
import { sameAttributes } from "../../layer/same-node.js";
import { lookup } from "../../layer/tree.js";
import type { FolderNode, TreeNode } from "../../layer/tree-node.js";
import { pathComponents } from "../../layer/tree-path.js";
import { nameRole } from "../../layer/whiteout.js";
import { changedLinks, type FollowedLink } from "./followed-links.js";

/**
 * Where two bases differ in what a layer was made by: the folders around what it writes, folders that it changes, and
 * whether there is what it removes, and links that may have led there. Empty when the layer would be the same on both.
 */
export function movedGround(
  { entries, diffId }: LayerIndex,
  from: FolderNode,
  onto: FolderNode,
  links: readonly FollowedLink[] = changedLinks(from, onto),
): readonly string[] {
  const moved = new Set<string>();
  const written = new Set<string>();
  for (const { entry } of entries) {
    const names = pathComponents(entry.path);
    for (let end = names.length; end > 0; end--) {
      const path = names.slice(0, end).join("/");
      if (written.has(path)) break;
      written.add(path);
    }
    const last = names.pop();
    // The root itself has no parents.
    if (last === undefined) {
      if (!sameAttributes(from, onto)) moved.add("/");
      continue;
    }
    const parent = parentMoved(names, from, onto);
    if (parent !== undefined) {
      moved.add(parent);
      continue;
    }
    const role = nameRole(last, entry.path, diffId);
    if (role.kind === "meta" || role.kind === "opaque") continue;
    const path = [...names, role.kind === "whiteout" ? role.target : last].join("/");
    const [left, right] = [lookup(from, path), lookup(onto, path)];
    const same =
      role.kind === "whiteout"
        ? (left === undefined) === (right === undefined)
        : entry.type === "folder"
          ? sameFolder(left, right)
          : (left?.type === "folder") === (right?.type === "folder");
    if (!same) moved.add(`/${path}`);
  }
  // A path of the description may have led through a link to what was written.
  for (const { path, real } of links) if (written.has(real)) moved.add(`/${path}`);
  return [...moved];
}

/** The first folder on the way that is not in both bases what it is in the other. */
function parentMoved(names: readonly string[], from: FolderNode, onto: FolderNode): string | undefined {
  let [left, right]: [TreeNode | undefined, TreeNode | undefined] = [from, onto];
  for (const [at, name] of names.entries()) {
    left = left?.type === "folder" ? left.children.get(name) : undefined;
    right = right?.type === "folder" ? right.children.get(name) : undefined;
    if (left === undefined && right === undefined) return undefined;
    if (!sameFolder(left, right)) return `/${names.slice(0, at + 1).join("/")}`;
  }
  return undefined;
}

/** True when both are the same as ground: both missing, or alike in type, mode and owner. */
function sameFolder(left: TreeNode | undefined, right: TreeNode | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if (left.type !== right.type || !sameAttributes(left, right)) return false;
  return left.type !== "symlink" || (right.type === "symlink" && left.target === right.target);
}
