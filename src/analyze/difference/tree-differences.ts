import { sameAttributes } from "../../layer/same-node.js";
import type { FileNode, FolderNode, TreeNode } from "../../layer/tree-node.js";
import { joinPath } from "../../layer/tree-path.js";
import type { FileAspect } from "./file-difference.js";

/** One path of two trees: what is there before and after. */
export interface NodePair {
  /** Without a leading slash; the root is empty. */
  readonly path: string;
  readonly before: TreeNode | undefined;
  readonly after: TreeNode | undefined;
  /** What differs, as far as that is told without contents; empty where only one of the trees has the path. */
  readonly aspects: FileAspect[];
  /** True when these are two files of one size whose contents have to be compared. */
  readonly contents: boolean;
}

/** Every path that one of two trees has, in no order. What lies below a folder that only one has is there too. */
export function treePairs(before: FolderNode, after: FolderNode, times: boolean): NodePair[] {
  const pairs: NodePair[] = [];
  const links = new Links();
  const visit = (path: string, old: TreeNode | undefined, now: TreeNode | undefined): void => {
    const both = old !== undefined && now !== undefined;
    const aspects = both ? aspectsOf(old, now, times) : [];
    if (both && links.part(old, now)) aspects.push("links");
    const contents = both && !aspects.includes("content") && mayDiffer(old, now);
    pairs.push({ path, before: old, after: now, aspects, contents });
    const left = old?.type === "folder" ? old.children : undefined;
    const right = now?.type === "folder" ? now.children : undefined;
    for (const [name, node] of left ?? []) visit(joinPath(path, name), node, right?.get(name));
    for (const [name, node] of right ?? [])
      if (left?.has(name) !== true) visit(joinPath(path, name), undefined, node);
  };
  visit("", before, after);
  return pairs;
}

function aspectsOf(before: TreeNode, after: TreeNode, times: boolean): FileAspect[] {
  if (before === after) return [];
  const aspects: FileAspect[] = [];
  if (before.type !== after.type) aspects.push("type");
  else if (otherSize(before, after)) aspects.push("content");
  else if (otherTarget(before, after)) aspects.push("target");
  else if (otherDevice(before, after)) aspects.push("device");
  // Nothing reads the mode of a symbolic link.
  if (before.mode !== after.mode && before.type !== "symlink" && after.type !== "symlink")
    aspects.push("mode");
  if (before.uid !== after.uid || before.gid !== after.gid) aspects.push("owner");
  if (!sameAttributes({ ...after, xattrs: before.xattrs }, after)) aspects.push("xattrs");
  if (times && before.mtime !== after.mtime) aspects.push("time");
  return aspects;
}

function otherSize(before: TreeNode, after: TreeNode): boolean {
  return before.type === "file" && after.type === "file" && before.size !== after.size;
}

function otherTarget(before: TreeNode, after: TreeNode): boolean {
  return before.type === "symlink" && after.type === "symlink" && before.target !== after.target;
}

function otherDevice(before: TreeNode, after: TreeNode): boolean {
  if (!("devmajor" in before && "devmajor" in after) || before.type === "fifo") return false;
  return before.devmajor !== after.devmajor || before.devminor !== after.devminor;
}

/** Files of one size, unless they are one: equal content in different places is found by its digest. */
function mayDiffer(before: TreeNode, after: TreeNode): boolean {
  if (before === after || before.type !== "file" || after.type !== "file") return false;
  return before.size > 0 && before.size === after.size && !samePlace(before, after);
}

function samePlace({ content: a }: FileNode, { content: b }: FileNode): boolean {
  return a.kind === "layer" && b.kind === "layer" && a.layer === b.layer && a.offset === b.offset;
}

/** Which files of the two trees stand for each other, so that a name that left its file is seen. */
class Links {
  readonly #after = new Map<TreeNode, TreeNode>();
  readonly #before = new Map<TreeNode, TreeNode>();

  /** Notes one name of both; true where another name of one of them stands for another file. */
  part(before: TreeNode, after: TreeNode): boolean {
    if (before.type === "folder" || after.type === "folder") return false;
    const left = this.#after.get(before) ?? after;
    const right = this.#before.get(after) ?? before;
    this.#after.set(before, left);
    this.#before.set(after, right);
    return left !== after || right !== before;
  }
}
