import { resolvePath } from "../../layer/resolve.js";
import { sameAttributes } from "../../layer/same-node.js";
import type { FolderNode, TreeNode } from "../../layer/tree-node.js";
import { joinPath } from "../../layer/tree-path.js";
import type { Operation } from "../../plan/operation.js";
import { targetOf } from "../../plan/plan.js";

/** What an operation changed between two states of a tree: paths without a leading slash, and what is there now. */
export function* changedPaths(
  before: FolderNode | undefined,
  after: FolderNode,
  path = "",
): Generator<readonly [path: string, node: TreeNode]> {
  for (const [name, node] of after.children) {
    const old = before?.children.get(name);
    if (old === node) continue;
    const here = joinPath(path, name);
    if (node.type !== "folder") {
      yield [here, node];
      continue;
    }
    const oldFolder = old?.type === "folder" ? old : undefined;
    if (oldFolder === undefined || !sameAttributes(oldFolder, node)) yield [here, node];
    yield* changedPaths(oldFolder, node, here);
  }
}

/**
 * True when an operation made a folder only because something had to go below it: then what a base has there stays as it
 * is, and nothing is said of its mode.
 *
 * @param before the tree before the operation
 */
export function isMadeInPassing(
  operation: Operation,
  before: FolderNode,
  path: string,
  node: TreeNode,
): boolean {
  const target = targetOf(operation);
  if (node.type !== "folder" || target === undefined) return false;
  const real = resolvePath(before, target).path;
  if (real === path)
    return operation.op === "copy" || (operation.op === "mkdir" && operation.ifMissing === true);
  return real.startsWith(`${path}/`);
}
