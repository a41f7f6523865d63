import { PlanError } from "../../errors/layerwright-error.js";
import type { Origin } from "../../errors/origin.js";
import { resolvePath } from "../../layer/resolve.js";
import type { FolderNode, TreeNode } from "../../layer/tree-node.js";

/** A path of the image that exists, with links followed (the last one if `followLast`); else `PATH_NOT_FOUND`. */
export function existingPath(
  tree: FolderNode,
  path: string,
  step: string,
  origin: Origin | undefined,
  followLast = true,
): { readonly path: string; readonly node: TreeNode } {
  const found = resolvePath(tree, path, { followLast });
  if (found.node !== undefined) return { path: found.path, node: found.node };
  const similar = similarPath(tree, path);
  throw new PlanError("PATH_NOT_FOUND", { path, step, similar }, { subject: path, origin });
}

/** The path with its first missing name replaced by the one in that folder that differs in case only, or starts or ends like it. */
export function similarPath(tree: FolderNode, path: string): string | undefined {
  const names = path.split("/").filter((name) => name !== "");
  for (let index = 0; index < names.length; index++) {
    const parent = resolvePath(tree, names.slice(0, index).join("/")).node;
    if (parent?.type !== "folder") return undefined;
    const name = names[index]!;
    if (parent.children.has(name)) continue;
    const wanted = name.toLowerCase();
    const close = [...parent.children.keys()].sort().find((other) => isClose(wanted, other.toLowerCase()));
    if (close === undefined) return undefined;
    return `/${[...names.slice(0, index), close, ...names.slice(index + 1)].join("/")}`;
  }
  return undefined;
}

function isClose(wanted: string, other: string): boolean {
  if (wanted === other) return true;
  if (wanted.length < 3 || other.length < 3) return false;
  return other.startsWith(wanted) || wanted.startsWith(other);
}
