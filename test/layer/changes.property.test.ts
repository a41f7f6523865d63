import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes } from "../../src/core/bytes.js";
import { applyLayer } from "../../src/rootfs/apply-layer.js";
import { diffTrees, LayerChanges } from "../../src/rootfs/difference.js";
import type { LayerItem } from "../../src/rootfs/entries.js";
import { flattenTree, toEntries } from "../../src/rootfs/entries.js";
import type { FolderNode } from "../../src/rootfs/tree.js";
import { cloneTree, emptyTree, lookup, newFolder, removeNode, setNode } from "../../src/rootfs/tree.js";
import { anyEdit, anyTree, indexOfItems, noBytes, type TreeEdit, treeText } from "./random-trees.js";

/** Does an edit to a tree and records it as a change. A model without whiteouts: plain map operations. */
function edit(tree: FolderNode, changes: LayerChanges, step: TreeEdit): void {
  if (step.kind === "remove") {
    removeNode(tree, step.path);
    changes.remove(step.path);
  } else if (step.kind === "opaque") {
    setNode(tree, step.path, newFolder());
    changes.opaque(step.path, newFolder());
  } else if (step.kind === "link") {
    const node = lookup(tree, step.from);
    // A link to a file of the layers below rewrites both names, which diffTrees does; here both are given.
    if (node === undefined || node.type === "folder") return;
    for (const path of [step.from, step.path]) {
      setNode(tree, path, node);
      changes.set(path, node);
      if (lookup(tree, step.from) !== node) return;
    }
  } else if (step.node.type === "folder") {
    const existing = lookup(tree, step.path);
    const children = existing?.type === "folder" ? existing.children : new Map();
    setNode(tree, step.path, { ...step.node, children });
    changes.set(step.path, step.node);
  } else {
    setNode(tree, step.path, step.node);
    changes.set(step.path, step.node);
  }
}

function applied(lower: FolderNode, items: readonly LayerItem[]): FolderNode {
  const tree = cloneTree(lower);
  applyLayer(tree, indexOfItems(items), noBytes());
  return tree;
}

function checkOrder(items: readonly LayerItem[]): void {
  const paths = items.map(({ entry }) => entry.path);
  expect(new Set(paths).size).toBe(paths.length);
  const seen = new Set<string>();
  let previous = "";
  for (const { entry } of items) {
    if (entry.type === "hardlink") expect(seen.has(entry.linkname!)).toBe(true);
    const whiteout = entry.path.includes(".wh.");
    if (!whiteout && entry.path !== "") {
      expect(previous === "" || compareBytes(previous, entry.path) < 0).toBe(true);
      previous = entry.path;
    }
    seen.add(entry.path);
  }
}

const all = { xattrs: () => true };

describe("layer changes", () => {
  it("make the same tree as the edits that they record, applied directly and through a layer", () => {
    fc.assert(
      fc.property(anyTree, fc.array(anyEdit, { maxLength: 12 }), (lower, edits) => {
        const expected = cloneTree(lower);
        const changes = new LayerChanges();
        for (const step of edits) edit(expected, changes, step);
        const direct = cloneTree(lower);
        changes.applyTo(direct);
        expect(treeText(direct)).toEqual(treeText(expected));
        const items = toEntries(changes, lower, all);
        checkOrder(items);
        // A name that stays below keeps its own bytes when another name of it is written again.
        expect(treeText(applied(lower, items), { hardLinks: false })).toEqual(
          treeText(expected, { hardLinks: false }),
        );
      }),
      { numRuns: 3000 },
    );
  });

  it("of a difference, applied to the lower tree, give the upper tree with its hard links", () => {
    fc.assert(
      fc.property(anyTree, fc.array(anyEdit, { maxLength: 12 }), (lower, edits) => {
        const upper = cloneTree(lower);
        for (const step of edits) edit(upper, new LayerChanges(), step);
        const items = toEntries(diffTrees(lower, upper), lower, all);
        checkOrder(items);
        expect(treeText(applied(lower, items))).toEqual(treeText(upper));
      }),
      { numRuns: 3000 },
    );
  });

  it("of a difference between unrelated trees do as well", () => {
    fc.assert(
      fc.property(anyTree, anyTree, (lower, upper) => {
        const items = toEntries(diffTrees(lower, upper), lower, all);
        expect(treeText(applied(lower, items))).toEqual(treeText(upper));
      }),
      { numRuns: 2000 },
    );
  });

  it("of a flattened tree rebuild it on nothing", () => {
    fc.assert(
      fc.property(anyTree, fc.array(anyEdit, { maxLength: 12 }), (tree, edits) => {
        for (const step of edits) edit(tree, new LayerChanges(), step);
        const items = flattenTree(tree, all);
        checkOrder(items);
        expect(items.some(({ entry }) => entry.path.includes(".wh."))).toBe(false);
        expect(treeText(applied(emptyTree(), items))).toEqual(treeText(tree));
      }),
      { numRuns: 2000 },
    );
  });

  it("of a tree against itself are none", () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const changes = diffTrees(tree, cloneTree(tree));
        expect(toEntries(changes, tree)).toEqual([]);
        expect(changes.isEmpty).toBe(true);
      }),
    );
  });

  it("survive a stack of layers, each the difference to the one below", () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyEdit, { maxLength: 6 }), { maxLength: 6 }), (layers) => {
        let tree = emptyTree();
        let rebuilt = emptyTree();
        for (const edits of layers) {
          const upper = cloneTree(tree);
          for (const step of edits) edit(upper, new LayerChanges(), step);
          rebuilt = applied(rebuilt, toEntries(diffTrees(tree, upper), tree, all));
          tree = upper;
        }
        expect(treeText(rebuilt)).toEqual(treeText(tree));
      }),
      { numRuns: 2000 },
    );
  });
});
