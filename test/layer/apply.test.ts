import { describe, expect, it } from "vitest";
import { applyLayer } from "../../src/rootfs/apply-layer.js";
import { emptyTree, lookup } from "../../src/rootfs/tree.js";
import { layer, shortText, treeOf } from "./layer-helpers.js";
import { noBytes } from "./random-trees.js";

type Row = readonly [
  name: string,
  lower: readonly string[],
  upper: readonly string[],
  result: readonly string[],
];

// The numbers are the rows of the table in the project's reliability notes; image-spec layer.md decides.
const rows: readonly Row[] = [
  ["1: a whiteout before a new file of the name", ["a/", "a/f=1"], ["a/.wh.f", "a/f=2"], ["a/", "a/f=2"]],
  ["2: a whiteout after a new file of the name", ["a/", "a/f=1"], ["a/f=2", "a/.wh.f"], ["a/", "a/f=2"]],
  ["2: the same with nothing below", [], ["a/f=2", "a/.wh.f"], ["a/", "a/f=2"]],
  ["3: a whiteout of a folder that comes again", ["a/", "a/x=1"], ["a/", "a/y=1", ".wh.a"], ["a/", "a/y=1"]],
  [
    "4: an opaque mark first",
    ["a/", "a/x=1", "a/b/", "a/b/y=1"],
    ["a/.wh..wh..opq", "a/z=1"],
    ["a/", "a/z=1"],
  ],
  [
    "4: an opaque mark last",
    ["a/", "a/x=1", "a/b/", "a/b/y=1"],
    ["a/z=1", "a/.wh..wh..opq"],
    ["a/", "a/z=1"],
  ],
  [
    "4: opaque marks one in another",
    ["a/b/x=1", "a/y=1"],
    ["a/.wh..wh..opq", "a/b/z=1", "a/b/.wh..wh..opq"],
    ["a/", "a/b/", "a/b/z=1"],
  ],
  [
    "5: an opaque mark last, parents not named",
    ["a/b/old=1"],
    ["a/b/c/foo=1", "a/b/.wh..wh..opq"],
    ["a/", "a/b/", "a/b/c/", "a/b/c/foo=1"],
  ],
  ["an opaque root", ["a=1", "b/", "b/c=1"], ["d=1", ".wh..wh..opq"], ["d=1"]],
  ["8: a whiteout of nothing", ["a=1"], [".wh.missing", "no/such/.wh.folder"], ["a=1"]],
  ["9: a whiteout below a file", ["a=1"], ["a/.wh.b"], ["a=1"]],
  ["10: a whiteout with content", ["a=1", "b=1"], [".wh.a=7"], ["b=1"]],
  ["10: a whiteout that is a folder", ["a/", "a/x=1", "b=1"], [".wh.a/"], ["b=1"]],
  ["10: a whiteout that is a link", ["a=1"], [".wh.a -> b"], []],
  [
    "11: AUFS bookkeeping",
    ["a=1"],
    [".wh..wh.plnk/", ".wh..wh.plnk/12.34=5", ".wh..wh.aufs", ".wh..wh.orph/"],
    ["a=1"],
  ],
  [
    "11: hard links to AUFS bookkeeping",
    [],
    [".wh..wh.plnk/12.34=5", "a => .wh..wh.plnk/12.34", "b => .wh..wh.plnk/12.34"],
    ["a=5", "b => a"],
  ],
  ["12: a file that is there twice", [], ["a=1", "a=2"], ["a=2"]],
  ["13: file, folder, child", [], ["a=1", "a/", "a/b=1"], ["a/", "a/b=1"]],
  ["13: folder, child, file", [], ["a/", "a/b=1", "a=1"], ["a=1"]],
  ["14: a file over a folder", ["a/", "a/b=1"], ["a=2"], ["a=2"]],
  ["14: a folder over a file", ["a=1"], ["a/", "a/b=1"], ["a/", "a/b=1"]],
  [
    "14: a folder over a link, not followed",
    ["real/", "real/x=1", "a -> real"],
    ["a/", "a/b=1"],
    ["a/", "a/b=1", "real/", "real/x=1"],
  ],
  ["14: a link over a folder", ["a/", "a/b=1"], ["a -> b"], ["a -> b"]],
  [
    "15: a parent that is named by no entry and a link",
    ["usr/lib/", "lib -> usr/lib"],
    ["lib/x=1"],
    ["lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/x=1"],
  ],
  [
    "15: the same through an absolute link out and back",
    ["usr/lib/", "lib -> ../../../usr/lib"],
    ["lib/x=1"],
    ["lib -> ../../../usr/lib", "usr/", "usr/lib/", "usr/lib/x=1"],
  ],
  [
    "15: a parent that is a dangling link",
    ["lib -> no/where"],
    ["lib/x=1"],
    ["lib -> no/where", "no/", "no/where/", "no/where/x=1"],
  ],
  ["16: a hard link to a file below", ["a=3"], ["b => a"], ["a=3", "b => a"]],
  ["16: a hard link to a link", ["t=1", "a -> t"], ["b => a"], ["a -> t", "b => a", "t=1"]],
  ["16: a hard link over a folder", ["a=3", "d/", "d/x=1"], ["d => a"], ["a=3", "d => a"]],
  ["18: a hard link to a file that the layer replaces first", ["a=3"], ["a=4", "b => a"], ["a=4", "b => a"]],
  [
    "19: a hard link whose parent is a link",
    ["usr/lib/f=2", "lib -> usr/lib"],
    ["x => lib/f"],
    ["lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/f=2", "x => usr/lib/f"],
  ],
  ["20: a whiteout of one name of two", ["a=3", "b => a"], [".wh.a"], ["b=3"]],
  ["21: a replaced name of two", ["a=3", "b => a"], ["a=4"], ["a=4", "b=3"]],
  ["24: the root's own entry", ["a=1"], ["/ 700"], ["a=1"]],
  ["27: a folder again keeps what is in it", ["a/ 700", "a/b=1"], ["a/ 755"], ["a/", "a/b=1"]],
  ["32: a pipe", [], ["p|"], ["p|"]],
  ["a whiteout and a link in one folder", ["d/a=1"], ["d/.wh.a", "d/b -> a"], ["d/", "d/b -> a"]],
  [
    "an opaque mark behind a link of the image",
    ["real/x=1", "a -> real"],
    ["a/.wh..wh..opq"],
    ["a -> real", "real/"],
  ],
  [
    "an opaque mark in a folder that replaces a link",
    ["real/x=1", "a -> real"],
    ["a/", "a/.wh..wh..opq", "a/n=1"],
    ["a/", "a/n=1", "real/", "real/x=1"],
  ],
  [
    "a whiteout in a folder that replaces a link",
    ["real/x=1", "a -> real"],
    ["a/", "a/.wh.x"],
    ["a/", "real/", "real/x=1"],
  ],
  [
    "names that only look like whiteouts",
    ["wh.a=1", "a.wh.=1"],
    ["x.wh.y=1"],
    ["a.wh.=1", "wh.a=1", "x.wh.y=1"],
  ],
];

describe("applying a layer", () => {
  it.each(rows)("%s", (_, lower, upper, result) => {
    expect(shortText(treeOf(lower, upper))).toEqual(result);
  });

  it.each(rows.filter(([, , upper]) => upper.some((text) => text.includes(".wh."))))(
    "does not depend on where whiteouts stand: %s",
    (_, lower, upper, result) => {
      const whiteouts = upper.filter((text) => text.includes(".wh.") && !text.includes("plnk"));
      const others = upper.filter((text) => !whiteouts.includes(text));
      expect(shortText(treeOf(lower, [...whiteouts, ...others]))).toEqual(result);
      expect(shortText(treeOf(lower, [...others, ...whiteouts]))).toEqual(result);
      expect(shortText(treeOf(lower, [...others, ...whiteouts.reverse()]))).toEqual(result);
    },
  );

  it.each([
    ["7: a whiteout of .", ["a/.wh.."]],
    ["7: a whiteout of ..", ["a/.wh..."]],
    ["7: a whiteout of nothing", ["a/.wh."]],
    ["17: a hard link before its target", ["b => a", "a=1"]],
    ["17: a hard link to nothing", ["b => missing"]],
    ["17: a hard link to a folder", ["a/", "b => a"]],
    ["17: a hard link to what the layer removes", ["lower=1", ".wh.x", "b => x/y"]],
    ["23: a root that is a link", [". -> /etc"]],
    ["23: a root that is a file", ["./.=3"]],
    // What container engines, umoci and GNU tar make of these differs.
    ["A3: an entry below a whiteout", ["a/.wh.foo/evil=1"]],
    ["A3: an entry below a whiteout that is a directory", [".wh.a/", ".wh.a/y=1"]],
    ["A3: an entry below bookkeeping of AUFS that is not at the root", ["a/.wh..wh.plnk/1.2=1"]],
    ["A3: a hard link to itself", ["a/keep => a/keep"]],
    ["A3: a parent that is a file of the layers below", ["a/keep/x=1"]],
    ["A3: a parent that is a file of the same layer", ["f=1", "f/x=1"]],
    ["A3: a hard link to what comes later", ["b => c", "c=1"]],
    ["A3: a hard link to a whiteout", ["a/.wh.x=0", "b => a/.wh.x"]],
  ])("refuses %s", (_, entries) => {
    const tree = treeOf(["a/", "a/keep=1"]);
    expect(() => applyLayer(tree, layer(...entries), noBytes())).toThrow(
      expect.objectContaining({ code: "LAYER_INVALID" }),
    );
  });

  it("refuses a way through links that never ends", () => {
    const tree = treeOf(["a -> b", "b -> a"]);
    expect(() => applyLayer(tree, layer("a/x=1"), noBytes())).toThrow(
      expect.objectContaining({ code: "LINK_LOOP" }),
    );
  });

  it("sets the root's own attributes", () => {
    const tree = treeOf(["a=1"], ["/ 700"]);
    expect(tree.mode).toBe(0o700);
  });

  it("keeps what entries say: modes, owners, devices, attributes, where the bytes are", () => {
    const tree = emptyTree();
    const bytes = noBytes();
    const capability = Uint8Array.of(1, 2, 0, 255);
    const base = { mode: 0o4755, uid: 4_000_000_000, gid: 7, size: 0, mtime: -5 };
    const xattrs = { "security.capability": capability };
    applyLayer(
      tree,
      {
        diffId: `sha256:${"0".repeat(64)}`,
        size: 0,
        entries: [
          { entry: { ...base, type: "file", path: "f", size: 9, xattrs }, offset: 12_345 },
          { entry: { ...base, type: "file", path: "empty" }, offset: 99 },
          { entry: { ...base, type: "block-device", path: "d", devmajor: 8, devminor: 1 }, offset: 0 },
        ],
      },
      bytes,
    );
    expect(lookup(tree, "f")).toMatchObject({
      mode: 0o4755,
      uid: 4_000_000_000,
      gid: 7,
      mtime: -5,
      size: 9,
      xattrs,
    });
    expect(lookup(tree, "f")).toMatchObject({ content: { kind: "layer", layer: bytes, offset: 12_345 } });
    expect(lookup(tree, "empty")).toMatchObject({ size: 0, content: { kind: "bytes" } });
    expect(lookup(tree, "d")).toMatchObject({ type: "block-device", devmajor: 8, devminor: 1 });
  });

  it("never climbs out of the root", () => {
    const tree = treeOf(["up -> ../../../../etc"], ["up/passwd=1", "a/../../../b=1"]);
    expect(shortText(tree)).toEqual(["a/", "b=1", "etc/", "etc/passwd=1", "up -> ../../../../etc"]);
  });

  it("takes a layer of 100,000 entries in well under two seconds", () => {
    const entries = Array.from(
      { length: 100_000 },
      (_, at) => `usr/share/d${Math.floor(at / 100)}/sub/f${at % 100}=1`,
    );
    const index = layer(...entries);
    const tree = emptyTree();
    const start = process.cpuUsage().user;
    applyLayer(tree, index, noBytes());
    expect((process.cpuUsage().user - start) / 1e6).toBeLessThan(2);
  });
});
