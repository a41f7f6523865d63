import { expect, test } from "vitest";
import { parseIgnoreList } from "../../src/core/ignore-rules.js";
import { StageMerge } from "../../src/rootfs/copied-tree.js";
import { DraftTree } from "../../src/rootfs/draft-tree.js";
import { layerItems } from "../../src/rootfs/layer-items.js";
import type { FileNode } from "../../src/rootfs/tree.js";
import { emptyTree, setNode } from "../../src/rootfs/tree.js";

const file = (text: string): FileNode => {
  const bytes = Buffer.from(text);
  return {
    type: "file",
    mode: 0o644,
    uid: 1,
    gid: 1,
    mtime: 0,
    size: bytes.length,
    content: { kind: "bytes", bytes },
  };
};

test("hard links inside a copied folder stay links, the first name holds the data", () => {
  const source = emptyTree();
  const shared = file("shared");
  setNode(source, "z", shared);
  setNode(source, "d/y", shared);
  setNode(source, "other", file("other"));
  const draft = new DraftTree(emptyTree());
  const rules = { ids: { uid: 5, gid: 5 }, mode: undefined };
  const merge = new StageMerge(draft, rules, parseIgnoreList(["other"]), { source: "/", origin: undefined });
  merge.merge(draft.writable("/app"), "app", source);
  const items = layerItems(draft, { mtime: 0 });
  expect(items.map(({ entry }) => [entry.type, entry.path, entry.uid, entry.linkname])).toEqual([
    ["folder", "app", 0, undefined],
    ["folder", "app/d", 5, undefined],
    ["file", "app/d/y", 5, undefined],
    ["hardlink", "app/z", 5, "app/d/y"],
  ]);
});

test("the contents of a folder come where their paths sort", () => {
  const draft = new DraftTree(emptyTree());
  for (const path of ["a/c", "a-b", "a.d/x", "a0", "a", "a-/x", "a-b/z", "a b"]) {
    if (!draft.tree.children.has(path)) draft.set(path.includes("/") ? path : `${path}/leaf`, file(path));
  }
  const paths = layerItems(draft, { mtime: 0 }).map(({ entry }) => Buffer.from(entry.path));
  expect(paths).toEqual([...paths].sort(Buffer.compare));
});
