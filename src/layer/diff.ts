import { LayerChanges } from "./changes.js";
import { sameNode } from "./same-node.js";
import type { FolderNode, TreeNode } from "./tree-node.js";
import { joinPath } from "./tree-path.js";

/**
 * What makes the upper tree of the lower one: applied to the lower tree, the result has the same nodes, attributes
 * (times aside) and hard links as the upper one. Nodes that the two trees share are equal without a look at them.
 */
export function diffTrees(lower: FolderNode, upper: FolderNode): LayerChanges {
  const changes = new LayerChanges();
  const rewritten = rewrittenFiles(lower, upper);
  if (!sameNode(lower, upper)) changes.set("", upper);
  diffFolder(changes, "", lower, upper, rewritten);
  return changes;
}

function diffFolder(
  changes: LayerChanges,
  path: string,
  lower: FolderNode,
  upper: FolderNode,
  rewritten: ReadonlySet<TreeNode>,
): void {
  for (const name of lower.children.keys()) {
    if (!upper.children.has(name)) changes.remove(joinPath(path, name));
  }
  for (const [name, node] of upper.children) {
    const below = lower.children.get(name);
    const childPath = joinPath(path, name);
    if (node.type !== "folder") {
      if (below === undefined || rewritten.has(node) || !sameNode(below, node)) changes.set(childPath, node);
    } else if (below?.type === "folder") {
      if (!sameNode(below, node)) changes.set(childPath, node);
      diffFolder(changes, childPath, below, node, rewritten);
    } else {
      if (below !== undefined) changes.remove(childPath);
      addFolder(changes, childPath, node);
    }
  }
}

function addFolder(changes: LayerChanges, path: string, folder: FolderNode): void {
  changes.set(path, folder);
  for (const [name, node] of folder.children) {
    const childPath = joinPath(path, name);
    if (node.type === "folder") addFolder(changes, childPath, node);
    else changes.set(childPath, node);
  }
}

/**
 * Files of which every name is written: a layer can link only names that it writes itself, so a file that gains a
 * name, or parts from one, cannot leave its other names to the layers below.
 */
function rewrittenFiles(lower: FolderNode, upper: FolderNode): Set<TreeNode> {
  const kept = new Map<TreeNode, TreeNode>();
  const owners = new Map<TreeNode, TreeNode>();
  const rewritten = new Set<TreeNode>();
  const seen = new Set<TreeNode>();
  const visit = (below: FolderNode | undefined, folder: FolderNode): void => {
    for (const [name, node] of folder.children) {
      const under = below?.children.get(name);
      if (node.type === "folder") {
        visit(under?.type === "folder" ? under : undefined, node);
        continue;
      }
      const same = under !== undefined && sameNode(under, node) ? under : undefined;
      if (same === undefined) {
        // A second name of a file that the layers below hold as well.
        if (kept.has(node)) rewritten.add(node);
      } else {
        const known = kept.get(node);
        if ((known !== undefined && known !== same) || (known === undefined && seen.has(node)))
          rewritten.add(node);
        if (known === undefined) kept.set(node, same);
        const owner = owners.get(same);
        if (owner === undefined) owners.set(same, node);
        else if (owner !== node) rewritten.add(node);
      }
      seen.add(node);
    }
  };
  visit(lower, upper);
  return rewritten;
}
