import { OPAQUE_NAME, WHITEOUT_PREFIX, whiteoutTarget } from "../../rootfs/whiteout.js";
import type { ObservedEntry } from "../observed-image.js";
import type { ReportNode } from "./report-data.js";

/** A file or directory of one layer, with the bytes of all that is in it. */
export interface FileTree {
  readonly name: string;
  bytes: number;
  /** Files in it with bytes; 1 for a file. */
  files: number;
  /** Undefined for a file. */
  readonly children?: Map<string, FileTree>;
  /** The things that the layer removes here from those below it. */
  readonly removed?: "this" | "all in the folder";
}

/** The files of a layer as directories. Names without bytes of their own (links, empty files) are left out. */
export function fileTree(entries: readonly ObservedEntry[]): FileTree {
  const root = folder("");
  for (const { type, path, size } of entries) {
    const cut = path.lastIndexOf("/") + 1;
    const name = path.slice(cut);
    const whiteout = name === OPAQUE_NAME || whiteoutTarget(path) !== undefined;
    if (!whiteout && (type !== "file" || size === 0)) continue;
    const parents = cut === 0 ? [] : path.slice(0, cut - 1).split("/");
    if (whiteout) place(root, parents, removal(name));
    else place(root, parents, { name, bytes: size, files: 1 });
  }
  return root;
}

function place(root: FileTree, parents: readonly string[], leaf: FileTree): void {
  let at = root;
  count(at, leaf);
  for (const name of parents) {
    let next = at.children!.get(name);
    // A layer may hold a path twice, once as a file: what comes last is what it is.
    if (next?.children === undefined) {
      next = folder(name);
      at.children!.set(name, next);
    }
    at = next;
    count(at, leaf);
  }
  at.children!.set(leaf.removed === undefined ? leaf.name : `${WHITEOUT_PREFIX}${leaf.name}`, leaf);
}

function count(at: FileTree, leaf: FileTree): void {
  at.bytes += leaf.bytes;
  at.files += leaf.files;
}

function folder(name: string): FileTree {
  return { name, bytes: 0, files: 0, children: new Map() };
}

function removal(name: string): FileTree {
  const all = name === OPAQUE_NAME;
  const removed = all ? "all in the folder" : "this";
  return { name: all ? "" : name.slice(WHITEOUT_PREFIX.length), bytes: 0, files: 0, removed };
}

/** The line of a file that has another than its layer. */
type LineOf = (path: string) => number | undefined;

/** Divides `limit` nodes among trees: the large ones get what small trees do not need. */
export function shares(sizes: readonly number[], limit: number): number[] {
  const given = new Array<number>(sizes.length).fill(0);
  const order = sizes.map((_, at) => at).sort((a, b) => sizes[a]! - sizes[b]!);
  let left = limit;
  for (const [done, at] of order.entries()) {
    given[at] = Math.min(sizes[at]!, Math.floor(left / (order.length - done)));
    left -= given[at]!;
  }
  return given;
}

/** Counts the files and directories in a tree. */
export function nodeCount({ children }: FileTree): number {
  let count = 0;
  for (const child of children?.values() ?? []) count += 1 + nodeCount(child);
  return count;
}

/** The largest files and directories of a tree, with what is left in each directory as one node of others. */
export function shownNodes(root: FileTree, limit: number, lineOf: LineOf): readonly ReportNode[] {
  const all: FileTree[] = [];
  const collect = ({ children }: FileTree): void => {
    for (const child of children?.values() ?? []) {
      all.push(child);
      collect(child);
    }
  };
  collect(root);
  // Parents come before their children, which are never larger: what is chosen is a tree. Removals go first, since
  // without them a file that is gone would be shown as there.
  const rank = (node: FileTree): number => (node.removed === undefined ? node.bytes : Number.MAX_VALUE);
  const chosen = new Set(all.sort((a, b) => rank(b) - rank(a)).slice(0, limit));
  return nodesOf(root, "", chosen, lineOf);
}

function nodesOf(
  { children = new Map() }: FileTree,
  prefix: string,
  chosen: ReadonlySet<FileTree>,
  lineOf: LineOf,
): readonly ReportNode[] {
  const nodes: ReportNode[] = [];
  let count = 0;
  let bytes = 0;
  for (const child of [...children.values()].sort(byBytes)) {
    const path = prefix + child.name;
    if (child.removed !== undefined) nodes.push(child.name === "" ? [] : [child.name]);
    else if (chosen.has(child) || holds(child, chosen)) {
      nodes.push(nodeOf(child, path, chosen, lineOf));
    } else {
      count += child.files;
      bytes += child.bytes;
    }
  }
  return count === 0 ? nodes : [...nodes, [count, bytes]];
}

/** True when a directory has to be shown for the sake of a removal in it. */
function holds({ children }: FileTree, chosen: ReadonlySet<FileTree>): boolean {
  for (const child of children?.values() ?? []) if (chosen.has(child) || holds(child, chosen)) return true;
  return false;
}

function nodeOf(child: FileTree, path: string, chosen: ReadonlySet<FileTree>, lineOf: LineOf): ReportNode {
  if (child.children !== undefined) return [child.name, nodesOf(child, `${path}/`, chosen, lineOf)];
  const line = lineOf(path);
  return line === undefined ? [child.name, child.bytes] : [child.name, child.bytes, line];
}

function byBytes(a: FileTree, b: FileTree): number {
  return b.bytes - a.bytes || (a.name < b.name ? -1 : 1);
}
