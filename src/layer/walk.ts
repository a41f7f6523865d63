import { sortByBytes } from "../core/bytes.js";
import type { FolderNode, TreeNode } from "./tree-node.js";
import { joinPath } from "./tree-path.js";

/**
 * Every node below the root with its path, in the byte order of whole paths, which puts parents before children.
 * The root itself is not among them.
 */
export function* walk(tree: FolderNode): Generator<readonly [path: string, node: TreeNode]> {
  yield* walkFolder(tree, "");
}

function* walkFolder(folder: FolderNode, path: string): Generator<readonly [string, TreeNode]> {
  for (const key of orderedKeys(folder.children.keys(), (name) => isFullFolder(folder.children.get(name)!))) {
    if (key.endsWith("/")) {
      const name = key.slice(0, -1);
      yield* walkFolder(folder.children.get(name) as FolderNode, joinPath(path, name));
    } else {
      yield [joinPath(path, key), folder.children.get(key)!];
    }
  }
}

function isFullFolder(node: TreeNode): boolean {
  return node.type === "folder" && node.children.size > 0;
}

/**
 * The names of one folder in the order of whole paths: `name` stands for the thing itself and `name/` for all that
 * is in it, because `a-b` sorts between `a` and `a/c`.
 */
export function orderedKeys(names: Iterable<string>, hasContents: (name: string) => boolean): string[] {
  const keys: string[] = [];
  for (const name of names) {
    keys.push(name);
    if (hasContents(name)) keys.push(`${name}/`);
  }
  return sortByBytes(keys);
}
