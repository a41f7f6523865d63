import { PlanError } from "../errors/layerwright-error.js";
import type { FolderNode, TreeNode } from "./tree-node.js";
import { joinPath } from "./tree-path.js";

/** Where a path leads inside an image. */
export interface Resolved {
  /** The real path, without a leading slash and with no link left in it (but the last, where that is not followed). */
  readonly path: string;
  /** What is there, or undefined: then `path` is where it would come into being. */
  readonly node: TreeNode | undefined;
  /** The real path of a file that stands where the path needs a folder. */
  readonly blockedBy?: string;
}

/** Links followed before a path is taken for a loop: Linux's own limit (MAXSYMLINKS). */
const LINK_LIMIT = 40;

/**
 * Follows a path through the symbolic links of the image itself. An absolute target starts at the image's root and
 * `..` never leaves it, as in a container. Throws `LINK_LOOP` after 40 links.
 *
 * @param options.followLast whether a link at the end is followed too (default: it is)
 */
export function resolvePath(
  tree: FolderNode,
  path: string,
  options: { readonly followLast?: boolean } = {},
): Resolved {
  const followLast = options.followLast ?? true;
  const pending = split(path);
  /** The folders on the way from the root, each with its real path. */
  const trail: { readonly path: string; readonly node: FolderNode | undefined }[] = [
    { path: "", node: tree },
  ];
  let links = 0;
  while (pending.length > 0) {
    const name = pending.pop()!;
    const here = trail[trail.length - 1]!;
    if (name === "..") {
      if (trail.length > 1) trail.pop();
      continue;
    }
    const childPath = joinPath(here.path, name);
    const child = here.node?.children.get(name);
    if (child?.type === "symlink" && (pending.length > 0 || followLast)) {
      if (++links > LINK_LIMIT) throw new PlanError("LINK_LOOP", { path }, { subject: path });
      if (child.target.startsWith("/")) trail.length = 1;
      pending.push(...split(child.target));
      continue;
    }
    if (child === undefined || child.type === "folder") {
      trail.push({ path: childPath, node: child });
      continue;
    }
    if (pending.length > 0) {
      const rest = pending.reverse().filter((part) => part !== "..");
      return { path: [childPath, ...rest].join("/"), node: undefined, blockedBy: childPath };
    }
    return { path: childPath, node: child };
  }
  const end = trail[trail.length - 1]!;
  return { path: end.path, node: end.node };
}

/** Components in reverse, so that the next one is popped off the end. */
function split(path: string): string[] {
  return path
    .split("/")
    .filter((name) => name !== "" && name !== ".")
    .reverse();
}
