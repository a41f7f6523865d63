import { describe, expect, it } from "vitest";
import type { LayerIndex } from "../../../src/archive/layer-index.js";
import { movedGround } from "../../../src/engine/rebase/judge-layers.js";
import { digestOf } from "../../../src/oci/digest.js";
import { DraftTree } from "../../../src/rootfs/draft-tree.js";
import type { FolderNode, TreeNode } from "../../../src/rootfs/tree.js";
import { emptyTree } from "../../../src/rootfs/tree.js";

const attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
const file: TreeNode = {
  type: "file",
  ...attributes,
  size: 0,
  content: { kind: "bytes", bytes: Buffer.alloc(0) },
};
const folder = (mode = 0o755): TreeNode => ({ type: "folder", ...attributes, mode, children: new Map() });
const link = (target: string): TreeNode => ({ type: "symlink", ...attributes, mode: 0o777, target });

function tree(nodes: Readonly<Record<string, TreeNode>>): FolderNode {
  const draft = new DraftTree(emptyTree());
  for (const [path, node] of Object.entries(nodes)) draft.set(path, node);
  return draft.tree;
}

function layer(...paths: string[]): LayerIndex {
  const entries = paths.map((written) => {
    const type = written.endsWith("/") ? ("folder" as const) : ("file" as const);
    const path = written.replace(/\/$/, "");
    return { offset: 0, entry: { type, path, size: 0, ...attributes } };
  });
  return { diffId: digestOf(""), size: 0, entries };
}

describe("the ground that a layer stands on", () => {
  it.each([
    ["nothing there in both", layer("srv/", "srv/a"), {}, {}, []],
    ["the same folder", layer("srv/a"), { srv: folder() }, { srv: folder() }, []],
    ["another mode", layer("srv/deep/a"), { srv: folder() }, { srv: folder(0o700) }, ["/srv"]],
    ["a folder that is new", layer("opt/", "opt/a"), {}, { opt: folder() }, ["/opt"]],
    ["a folder that is gone", layer("opt/a"), { opt: folder() }, {}, ["/opt"]],
    ["a link in its place", layer("srv/a"), { srv: folder() }, { srv: link("data") }, ["/srv"]],
    ["another file below it", layer("srv/a"), { srv: folder() }, { srv: folder(), "srv/a": file }, []],
    ["a folder where the file goes", layer("a"), {}, { a: folder() }, ["/a"]],
    ["what is removed is in both", layer("srv/.wh.a"), { "srv/a": file }, { "srv/a": file }, []],
    ["what is removed is gone", layer("srv/.wh.a"), { "srv/a": file }, { srv: folder() }, ["/srv/a"]],
    ["an opaque folder", layer("srv/", "srv/.wh..wh..opq"), { srv: folder() }, { srv: folder() }, []],
    [
      "a link that led there is a folder now",
      layer("usr/bin/a"),
      { "usr/bin": folder(), bin: link("usr/bin") },
      { "usr/bin": folder(), bin: folder() },
      ["/bin"],
    ],
    [
      "a link that leads elsewhere, and one that loops, do not matter",
      layer("usr/bin/a"),
      { "usr/bin": folder(), lib: link("usr/lib"), loop: link("loop") },
      { "usr/bin": folder(), lib: link("/usr/lib64") },
      [],
    ],
    [
      "a link at the end of a path",
      layer("usr/zone"),
      { "usr/zone": file, "etc/localtime": link("/usr/zone") },
      { "usr/zone": file, "etc/localtime": file },
      ["/etc/localtime"],
    ],
  ])("%s", (_, index, from, onto, moved) => {
    expect(movedGround(index, tree(from as never), tree(onto as never))).toEqual(moved);
  });
});
