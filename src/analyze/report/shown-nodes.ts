import type { FileTree } from "./file-tree.js";
import type { ReportNode } from "./report-data.js";

/** The line of a file that has another than its layer. */
type LineOf = (path: string) => number | undefined;

/**
 * How many nodes each tree may show so that all together show no more than `limit`: what small trees do not need, the
 * large ones get.
 */
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

/** How many files and folders are in a tree. */
export function nodeCount({ children }: FileTree): number {
  let count = 0;
  for (const child of children?.values() ?? []) count += 1 + nodeCount(child);
  return count;
}

/** The largest files and folders of a tree, with what is left in each folder as one node of others. */
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

/** True when a folder has to be shown for the sake of a removal in it. */
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
