import { describe, expect, it } from "vitest";
import { diffTrees, LayerChanges } from "../../src/rootfs/difference.js";
import { flattenTree, toEntries } from "../../src/rootfs/entries.js";
import type { FileNode } from "../../src/rootfs/tree.js";
import { newFolder } from "../../src/rootfs/tree.js";
import { treeOf } from "./layer-helpers.js";

function file(size = 1): FileNode {
  const content = { kind: "range" as const, path: "/nowhere", offset: 0 };
  return { type: "file", mode: 0o644, uid: 0, gid: 0, mtime: 77, size, content };
}

function written(lower: readonly string[], change: (changes: LayerChanges) => void): string[] {
  const changes = new LayerChanges();
  change(changes);
  return toEntries(changes, treeOf(lower), { mtime: 0 }).map(({ entry }) =>
    entry.type === "folder"
      ? `${entry.path}/`
      : entry.type === "hardlink"
        ? `${entry.path} => ${entry.linkname}`
        : entry.path,
  );
}

describe("the entries of a layer", () => {
  it("leave out parents that the lower tree has, and make the others", () => {
    expect(written(["usr/bin/"], (c) => c.set("usr/bin/x", file()))).toEqual(["usr/bin/x"]);
    expect(written(["usr/"], (c) => c.set("usr/local/bin/x", file()))).toEqual([
      "usr/local/",
      "usr/local/bin/",
      "usr/local/bin/x",
    ]);
    expect(written(["usr=1"], (c) => c.set("usr/x", file()))).toEqual(["usr/", "usr/x"]);
  });

  it("have a folder of the lower tree only when its own attributes change", () => {
    expect(written(["a/ 755"], (c) => c.set("a", newFolder()))).toEqual([]);
    expect(written(["a/ 700"], (c) => c.set("a", newFolder()))).toEqual(["a/"]);
    expect(written([], (c) => c.set("", { ...newFolder(), mode: 0o700 }))).toEqual(["/"]);
    expect(written([], (c) => c.set("", newFolder()))).toEqual([]);
  });

  it("have the whiteouts of a folder before the rest of it, and none for nothing", () => {
    expect(
      written(["d/b=1", "d/a=1", "-=1"], (c) => {
        c.set("d/+", file());
        c.remove("d/b");
        c.remove("d/a");
        c.remove("d/missing");
        c.remove("no/such");
        c.remove("-");
        c.set("!", file());
      }),
    ).toEqual([".wh.-", "!", "d/.wh.a", "d/.wh.b", "d/+"]);
  });

  it("replace without a whiteout, but a folder by a new folder with an opaque mark", () => {
    expect(written(["a=1"], (c) => c.set("a", file()))).toEqual(["a"]);
    expect(written(["a/x=1"], (c) => c.set("a", file()))).toEqual(["a"]);
    const again = (c: LayerChanges) => {
      c.remove("a");
      c.set("a", newFolder());
      c.set("a/new", file());
    };
    expect(written(["a/x=1"], again)).toEqual(["a/", "a/.wh..wh..opq", "a/new"]);
    expect(written(["a/"], again)).toEqual(["a/", "a/new"]);
    expect(written(["a=1"], again)).toEqual(["a/", "a/new"]);
    expect(written([], again)).toEqual(["a/", "a/new"]);
    expect(written(["a/x=1"], (c) => c.opaque("a", newFolder()))).toEqual(["a/", "a/.wh..wh..opq"]);
    expect(
      written(["a/x=1"], (c) => {
        c.set("a", file());
        c.set("a", newFolder());
      }),
    ).toEqual(["a/", "a/.wh..wh..opq"]);
  });

  it("take back what later changes undo", () => {
    expect(
      written(["a=1"], (c) => {
        c.set("d/x", file());
        c.remove("d");
        c.set("b", file());
        c.remove("b");
      }),
    ).toEqual([]);
    expect(
      written(["a/x=1"], (c) => {
        c.remove("a");
        c.remove("a/x");
      }),
    ).toEqual([".wh.a"]);
  });

  it("write the bytes of a hard link under its first name", () => {
    const shared = file(5);
    const changes = new LayerChanges();
    for (const path of ["z", "a/b", "a-b", "m"]) changes.set(path, shared);
    const items = toEntries(changes, treeOf([]), { mtime: 3 });
    expect(
      items.map(({ entry }) => [entry.type, entry.path, entry.linkname, entry.size, entry.mtime]),
    ).toEqual([
      ["folder", "a", undefined, 0, 3],
      ["file", "a-b", undefined, 5, 3],
      ["hardlink", "a/b", "a-b", 0, 3],
      ["hardlink", "m", "a-b", 0, 3],
      ["hardlink", "z", "a-b", 0, 3],
    ]);
    expect(items.map(({ content }) => content !== undefined)).toEqual([false, true, false, false, false]);
  });

  it("carry the attributes that the caller wants", () => {
    const xattrs = {
      "security.capability": Uint8Array.of(1),
      "user.mine": Uint8Array.of(2),
      "security.selinux": Uint8Array.of(3),
    };
    const changes = new LayerChanges();
    changes.set("f", { ...file(), xattrs });
    const names = (options: Parameters<typeof toEntries>[2]) =>
      Object.keys(toEntries(changes, treeOf([]), options)[0]!.entry.xattrs ?? {});
    expect(names({})).toEqual(["security.capability"]);
    expect(names({ xattrs: (name) => name.startsWith("user.") })).toEqual(["user.mine"]);
    expect(names({ xattrs: () => false })).toEqual([]);
    expect(toEntries(changes, treeOf([]))[0]!.entry.mtime).toBe(77);
  });

  it("refuse a root that is no folder, and one that goes", () => {
    expect(() => new LayerChanges().set("/", file())).toThrow(TypeError);
    expect(() => new LayerChanges().remove("")).toThrow(TypeError);
  });
});

describe("a difference", () => {
  const difference = (lower: readonly string[], upper: readonly string[]) =>
    toEntries(diffTrees(treeOf(lower), treeOf(upper)), treeOf(lower), {}).map(({ entry }) => entry.path);

  it("has both names when a file gains one or parts from one", () => {
    const lower = treeOf(["a=1", "b => a", "c=2"]);
    const linked = treeOf([]);
    for (const [name, node] of lower.children) linked.children.set(name, node);
    linked.children.set("d", lower.children.get("a")!);
    expect(
      toEntries(diffTrees(lower, linked), lower).map(({ entry }) => `${entry.type} ${entry.path}`),
    ).toEqual(["file a", "hardlink b", "hardlink d"]);
    const parted = treeOf([]);
    for (const [name, node] of lower.children) parted.children.set(name, node);
    parted.children.set("b", { ...(lower.children.get("a") as FileNode) });
    expect(
      toEntries(diffTrees(lower, parted), lower).map(({ entry }) => `${entry.type} ${entry.path}`),
    ).toEqual(["file b"]);
    parted.children.delete("b");
    expect(toEntries(diffTrees(lower, parted), lower).map(({ entry }) => entry.path)).toEqual([".wh.b"]);
  });

  it("says when a folder came in a file's place and the other way round", () => {
    expect(difference(["a=1"], ["a/b=1"])).toEqual(["a", "a/b"]);
    expect(difference(["a/b=0"], ["a"])).toEqual(["a"]);
  });
});

describe("a flattened tree", () => {
  it("has the root's entry only when it is not as usual", () => {
    expect(flattenTree(treeOf(["b", "a/"])).map(({ entry }) => entry.path)).toEqual(["a", "b"]);
    expect(flattenTree(treeOf(["/ 700", "b"])).map(({ entry }) => entry.path)).toEqual(["", "b"]);
  });
});
