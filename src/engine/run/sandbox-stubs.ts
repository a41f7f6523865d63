import { resolvePath } from "../../layer/resolve.js";
import { lookup } from "../../layer/tree.js";
import type { FolderNode } from "../../layer/tree-node.js";

/**
 * The paths that a sandbox makes itself so that it can mount something there: every part of a target that the image
 * does not have, the deepest first. Links are followed inside of the image, as the runtime does.
 */
export function sandboxStubs(tree: FolderNode, targets: readonly string[]): readonly string[] {
  const stubs = new Set<string>();
  for (const target of targets) {
    const names = resolvePath(tree, target).path.split("/");
    for (let length = 1; length <= names.length; length++) {
      const path = names.slice(0, length).join("/");
      if (path !== "" && lookup(tree, path) === undefined) stubs.add(path);
    }
  }
  return [...stubs].sort((left, right) => right.length - left.length);
}
