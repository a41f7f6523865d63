import { describe, expect, it } from "vitest";
import { LowerView } from "../../../src/analyze/layering/lower-view.js";
import type { ObservedEntry } from "../../../src/analyze/observed-image.js";

const plain = { mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0 };
const folder = (path: string, mode = 0o755): ObservedEntry => ({ ...plain, type: "folder", path, mode });
const file = (path: string, size = 100): ObservedEntry => ({
  ...plain,
  type: "file",
  path,
  size,
  sha256: path,
});
const link = (path: string, linkname: string): ObservedEntry => ({
  ...plain,
  type: "symlink",
  path,
  linkname,
});

describe("the layers below an atom", () => {
  it("say whose a path is, through links of every kind", () => {
    const view = new LowerView();
    view.add(
      [
        folder("usr"),
        folder("usr/lib"),
        link("lib", "usr/lib"),
        link("abs", "/usr"),
        link("usr/up", "../usr/lib"),
      ],
      "base",
    );
    view.add([link("loop", "loop"), file("usr/lib/x")], 3);
    for (const path of ["usr/lib/x", "lib/x", "abs/lib/x", "usr/up/x", "abs/up/x"]) {
      expect({ path, owner: view.ownerOf(path) }).toEqual({ path, owner: 3 });
    }
    expect(view.ownerOf("lib")).toBe("base");
    expect(view.ownerOf("loop/x")).toBeUndefined();
    expect(view.ownerOf("usr/none")).toBeUndefined();
  });

  it("count what is overwritten, removed and hidden, each byte once and by whose it was", () => {
    const view = new LowerView();
    view.add([folder("a"), file("a/one"), file("a/two", 1000)], "base");
    expect([...view.add([file("a/one", 5)], 0).hidden]).toEqual([["base", 1024]]);
    const whiteout = view.add([file("a/.wh.one", 0), file("a/.wh.two", 0)], 1);
    expect([...whiteout.hidden].sort()).toEqual([
      [0, 1024],
      ["base", 1536],
    ]);
    expect([...whiteout.after]).toEqual([0]);
    expect(whiteout.whiteouts).toBe(true);
    expect([...view.add([file("a/.wh..wh..opq", 0), file("a/three")], 2).hidden]).toEqual([]);
  });

  it("tell folders that are as new ones from others, and are taken back to where they were", () => {
    const view = new LowerView();
    view.add([folder("etc"), folder("tmp", 0o1777)], "base");
    view.mark();
    expect(view.add([file("etc/x")], 0)).toMatchObject({ plainParents: true, parents: new Set(["etc"]) });
    expect(view.add([file("tmp/x")], 1).plainParents).toBe(false);
    view.reset();
    expect(view.ownerOf("etc/x")).toBeUndefined();
    expect([...view.add([file("etc/x")], 2).hidden]).toEqual([]);
  });
});
