import { isLayerwrightError } from "../../errors/layerwright-error.js";
import { resolvePath } from "../../layer/resolve.js";
import { lookup } from "../../layer/tree.js";
import type { FolderNode } from "../../layer/tree-node.js";
import { walk } from "../../layer/walk.js";

/** A symbolic link of a base, and where it leads. */
export interface FollowedLink {
  readonly path: string;
  readonly target: string;
  /** The real path, which steps that went through the link wrote to. */
  readonly real: string;
}

/** The links of one base that the other has not, or has with another target: what went through them went elsewhere. */
export function changedLinks(from: FolderNode, onto: FolderNode): readonly FollowedLink[] {
  const changed: FollowedLink[] = [];
  for (const [path, node] of walk(from)) {
    if (node.type !== "symlink") continue;
    const other = lookup(onto, path);
    if (other?.type === "symlink" && other.target === node.target) continue;
    const real = realPath(from, path);
    if (real !== undefined) changed.push({ path, target: node.target, real });
  }
  return changed;
}

function realPath(tree: FolderNode, path: string): string | undefined {
  try {
    return resolvePath(tree, path).path;
  } catch (error) {
    // A loop leads nowhere, so nothing went through it.
    if (isLayerwrightError(error) && error.code === "LINK_LOOP") return undefined;
    throw error;
  }
}
