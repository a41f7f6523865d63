import fc from "fast-check";
import type { IndexedEntry, LayerIndex } from "../../src/archive/layer-index.js";
import type { LayerBytes } from "../../src/archive/open-layer.js";
import type { LayerItem } from "../../src/rootfs/entries.js";
import type { FolderNode, TreeNode } from "../../src/rootfs/tree.js";
import { emptyTree, setNode, walk } from "../../src/rootfs/tree.js";

/** A layer whose bytes nobody reads. */
export function noBytes(): LayerBytes {
  return { spool: () => Promise.reject(new Error("nobody reads this layer")) };
}

/** The index of a layer that would be written from these items; `offset` counts the contents up from 1000. */
export function indexOfItems(items: readonly LayerItem[]): LayerIndex {
  const entries = items.map(({ entry }, at): IndexedEntry => ({ entry, offset: 1000 + at }));
  return { diffId: `sha256:${"0".repeat(64)}`, size: 0, entries };
}

/** A tree as comparable text: one line a path, hard links by the first name, files by size. Times are left out. */
export function treeText(tree: FolderNode, options: { hardLinks?: boolean } = {}): string[] {
  const names = new Map<TreeNode, string>();
  const lines = [`/ ${attributes(tree)}`];
  for (const [path, node] of walk(tree)) {
    const first = names.get(node) ?? path;
    names.set(node, first);
    const what =
      node.type === "file"
        ? `size=${node.size}`
        : node.type === "symlink"
          ? `-> ${node.target}`
          : node.type === "folder"
            ? ""
            : `${node.devmajor}:${node.devminor}`;
    const link = first !== path && options.hardLinks !== false ? ` = ${first}` : "";
    lines.push(`${JSON.stringify(path)} ${node.type} ${attributes(node)} ${what}${link}`);
  }
  return lines;
}

function attributes(node: TreeNode): string {
  const xattrs = Object.entries(node.xattrs ?? {}).map(
    ([name, value]) => `${name}=${Buffer.from(value).toString("hex")}`,
  );
  return `${node.mode.toString(8)} ${node.uid}:${node.gid} ${xattrs.join(",")}`;
}

const NAMES = ["a", "b", "a-b", "a.b", "é", "\u{1f600}", "\uffee", "z", "\udc80x"];

/** Paths of one to three components out of few names, so that they meet. */
export const anyPath = fc
  .array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })
  .map((names) => names.join("/"));

const attributesOf = fc.record({
  mode: fc.constantFrom(0o644, 0o755, 0o4755, 0o1777, 0),
  uid: fc.constantFrom(0, 1000, 4_000_000_000),
  gid: fc.constantFrom(0, 7),
  mtime: fc.constantFrom(0, 1_700_000_000),
});

let nextOffset = 0;

/** A node without children. */
export const anyNode: fc.Arbitrary<TreeNode> = fc.oneof(
  {
    weight: 3,
    arbitrary: attributesOf.map((base): TreeNode => ({ ...base, type: "folder", children: new Map() })),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(attributesOf, fc.integer({ min: 0, max: 9 }), fc.boolean()).map(
      ([base, size, capability]): TreeNode => ({
        ...base,
        type: "file",
        size,
        content: { kind: "range", path: "/nowhere", offset: nextOffset++ },
        ...(capability ? { xattrs: { "security.capability": Uint8Array.of(1, 0, 255, 10) } } : {}),
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(attributesOf, fc.constantFrom("/a", "b", "../a/b", "/nowhere", ".."))
      .map(([base, target]): TreeNode => ({ ...base, mode: 0o777, type: "symlink", target })),
  },
  {
    weight: 1,
    arbitrary: attributesOf.map(
      (base): TreeNode => ({ ...base, type: "character-device", devmajor: 1, devminor: 3 }),
    ),
  },
);

/** Something a step does to a tree. */
export type TreeEdit =
  | { readonly kind: "set"; readonly path: string; readonly node: TreeNode }
  | { readonly kind: "remove"; readonly path: string }
  | { readonly kind: "opaque"; readonly path: string }
  | { readonly kind: "link"; readonly from: string; readonly path: string };

export const anyEdit: fc.Arbitrary<TreeEdit> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("set" as const), path: anyPath, node: anyNode }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("remove" as const), path: anyPath }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("opaque" as const), path: anyPath }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("link" as const), from: anyPath, path: anyPath }) },
);

/** A tree of some nodes. */
export const anyTree: fc.Arbitrary<FolderNode> = fc
  .array(fc.tuple(anyPath, anyNode), { maxLength: 14 })
  .map((nodes) => {
    const tree = emptyTree();
    for (const [path, node] of nodes) setNode(tree, path, node);
    return tree;
  });
