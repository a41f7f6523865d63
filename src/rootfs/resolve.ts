import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import { type FolderNode, joinPath, type TreeNode } from "./tree.js";

/** The end of a path inside an image. */
export interface Resolved<Node = TreeNode> {
  /** The real path, without a leading slash and with no link left in it (but the last, where that is not followed). */
  readonly path: string;
  /** The node there, or undefined: then `path` is where it would come into being. */
  readonly node: Node | undefined;
  /** The real path of a file that stands where the path needs a directory. */
  readonly blockedBy?: string;
}

/** Links followed before a path is taken for a loop: Linux's own limit (MAXSYMLINKS). */
const LINK_LIMIT = 40;

/** A tree as links are followed in it, whatever it knows of its nodes. */
export interface LinkedTree<Node> {
  readonly root: Node;
  /** The node of a name in a directory, whose path is given too; undefined where there is none. */
  child(folder: Node | undefined, name: string, path: string): Node | undefined;
  /** The target of a link; undefined for other nodes. */
  linkTarget(node: Node): string | undefined;
  /** True for a node that a path cannot lead through. */
  isBlocking(node: Node): boolean;
}

const NODES: Omit<LinkedTree<TreeNode>, "root"> = {
  child: (folder, name) => (folder as FolderNode | undefined)?.children.get(name),
  linkTarget: (node) => (node.type === "symlink" ? node.target : undefined),
  isBlocking: (node) => node.type !== "folder",
};

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
  const found = resolveUnlessLoop(tree, path, options);
  if (found === undefined) throw new PlanError("LINK_LOOP", { path }, { subject: path });
  return found;
}

/** As `resolvePath`; undefined where links on the way go round in a circle. */
export function resolveUnlessLoop(
  tree: FolderNode,
  path: string,
  { followLast = true }: { readonly followLast?: boolean } = {},
): Resolved | undefined {
  return followLinks<TreeNode>({ root: tree, ...NODES }, path, followLast);
}

/** Follows a path through the links of any tree; undefined where there are too many of them. */
export function followLinks<Node>(
  tree: LinkedTree<Node>,
  path: string,
  followLast: boolean,
): Resolved<Node> | undefined {
  const pending = split(path);
  /** The directories on the way from the root, each with its real path. */
  const trail: { readonly path: string; readonly node: Node | undefined }[] = [{ path: "", node: tree.root }];
  let links = 0;
  while (pending.length > 0) {
    const name = pending.pop()!;
    const here = trail[trail.length - 1]!;
    if (name === "..") {
      if (trail.length > 1) trail.pop();
      continue;
    }
    const childPath = joinPath(here.path, name);
    const child = tree.child(here.node, name, childPath);
    const target = child === undefined ? undefined : tree.linkTarget(child);
    if (target !== undefined && (pending.length > 0 || followLast)) {
      if (++links > LINK_LIMIT) return undefined;
      if (target.startsWith("/")) trail.length = 1;
      pending.push(...split(target));
      continue;
    }
    if (child === undefined || !tree.isBlocking(child)) {
      trail.push({ path: childPath, node: child });
      continue;
    }
    if (pending.length > 0) {
      const rest = pending.reverse().filter((part) => part !== "..");
      return { path: [childPath, ...rest].join("/"), node: undefined, blockedBy: childPath };
    }
    return { path: childPath, node: child };
  }
  return trail[trail.length - 1]!;
}

/** Components in reverse, so that the next one is popped off the end. */
function split(path: string): string[] {
  return path
    .split("/")
    .filter((name) => name !== "" && name !== ".")
    .reverse();
}

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

/**
 * The path with its first missing name replaced by the one in that directory that differs in case only, or starts or
 * ends like it.
 */
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
