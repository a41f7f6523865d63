import { describe, expect, it } from "vitest";
import { resolvePath } from "../../src/rootfs/resolve.js";
import {
  cloneTree,
  emptyTree,
  lookup,
  pathComponents,
  removeNode,
  setNode,
  walk,
} from "../../src/rootfs/tree.js";
import { nameRole } from "../../src/rootfs/whiteout.js";
import { shortText, treeOf } from "./layer-helpers.js";

describe("a tree", () => {
  it("looks things up without following links, with or without slashes", () => {
    const tree = treeOf(["a/b/c=1", "l -> a"]);
    expect(lookup(tree, "/a//b/./c/")).toMatchObject({ type: "file", size: 1 });
    expect(lookup(tree, "l")).toMatchObject({ type: "symlink" });
    expect(lookup(tree, "l/b")).toBeUndefined();
    expect(lookup(tree, "a/b/c/d")).toBeUndefined();
    expect(lookup(tree, "")).toBe(tree);
    expect(pathComponents("/../a/../../b/.")).toEqual(["b"]);
  });

  it("puts things with their parents, and takes them away", () => {
    const tree = emptyTree();
    setNode(tree, "a/b", { type: "symlink", mode: 0o777, uid: 0, gid: 0, mtime: 0, target: "x" });
    setNode(tree, "a/b/c", { type: "symlink", mode: 0o777, uid: 0, gid: 0, mtime: 0, target: "y" });
    expect(shortText(tree)).toEqual(["a/", "a/b/", "a/b/c -> y"]);
    expect(removeNode(tree, "a/b/missing")).toBe(false);
    expect(removeNode(tree, "missing/b")).toBe(false);
    expect(removeNode(tree, "/")).toBe(false);
    expect(removeNode(tree, "a/b")).toBe(true);
    expect(shortText(tree)).toEqual(["a/"]);
    setNode(tree, "/", { ...emptyTree(), mode: 0o700 });
    expect(shortText(tree)).toEqual([]);
    expect(tree.mode).toBe(0o700);
    expect(() =>
      setNode(tree, "", { type: "symlink", mode: 0, uid: 0, gid: 0, mtime: 0, target: "y" }),
    ).toThrow(TypeError);
  });

  it("is walked in the byte order of whole paths", () => {
    const tree = treeOf(
      ["a/c=1", "a-b=1", "a.b=1", "a/=", "a0=1", "\u{1f600}=1", "\uffee=1", "a/c-d=1"].filter(
        (text) => text !== "a/=",
      ),
    );
    expect(Array.from(walk(tree), ([path]) => path)).toEqual([
      "a",
      "a-b",
      "a.b",
      "a/c",
      "a/c-d",
      "a0",
      "\uffee",
      "\u{1f600}",
    ]);
  });

  it("is cloned with its own folders and shared files", () => {
    const tree = treeOf(["a/f=1", "b => a/f", "a/d/"]);
    const clone = cloneTree(tree);
    expect(lookup(clone, "a/f")).toBe(lookup(tree, "a/f"));
    expect(lookup(clone, "a/f")).toBe(lookup(clone, "b"));
    removeNode(clone, "a/f");
    (lookup(clone, "a/d") as { mode: number }).mode = 0;
    expect(lookup(tree, "a/f")).toBeDefined();
    expect(lookup(tree, "a/d")!.mode).toBe(0o755);
  });

  it("of 100,000 entries is cloned fast", () => {
    const tree = treeOf(Array.from({ length: 100_000 }, (_, at) => `d${Math.floor(at / 50)}/f${at % 50}`));
    const start = process.cpuUsage().user;
    cloneTree(tree);
    expect((process.cpuUsage().user - start) / 1e6).toBeLessThan(0.5);
  });
});

describe("following a path", () => {
  const tree = treeOf([
    "usr/lib/x86/lib.so=1",
    "lib -> usr/lib",
    "usr/lib/up -> ../../etc",
    "etc/passwd=2",
    "abs -> /usr/lib/x86",
    "out -> ../../../../../etc/passwd",
    "loop -> loop2",
    "loop2 -> /loop",
    "dangling -> usr/missing/thing",
    "self -> .",
  ]);
  it.each([
    ["/lib/x86/lib.so", "usr/lib/x86/lib.so", "file"],
    ["lib/up/passwd", "etc/passwd", "file"],
    ["abs/lib.so", "usr/lib/x86/lib.so", "file"],
    ["out", "etc/passwd", "file"],
    ["lib/up/../lib", "usr/lib", "folder"],
    ["lib/..", "usr", "folder"],
    ["../../..", "", "folder"],
    ["self/self/self/lib", "usr/lib", "folder"],
    ["dangling", "usr/missing/thing", undefined],
    ["dangling/more", "usr/missing/thing/more", undefined],
    ["lib/new/deep", "usr/lib/new/deep", undefined],
    ["missing/../etc", "etc", "folder"],
  ])("%s leads to %j", (path, real, type) => {
    const found = resolvePath(tree, path);
    expect([found.path, found.node?.type]).toEqual([real, type]);
    expect(found.blockedBy).toBeUndefined();
  });

  it("does not follow the last link when it should not", () => {
    expect(resolvePath(tree, "lib", { followLast: false })).toMatchObject({
      path: "lib",
      node: { type: "symlink" },
    });
    expect(resolvePath(tree, "lib/up", { followLast: false })).toMatchObject({
      path: "usr/lib/up",
      node: { type: "symlink" },
    });
  });

  it("says what is in the way", () => {
    expect(resolvePath(tree, "out/x/y")).toEqual({
      path: "etc/passwd/x/y",
      node: undefined,
      blockedBy: "etc/passwd",
    });
  });

  it("gives up after 40 links", () => {
    expect(() => resolvePath(tree, "loop")).toThrow(expect.objectContaining({ code: "LINK_LOOP" }));
    const chain = (length: number) =>
      treeOf([...Array.from({ length }, (_, at) => `l${at} -> l${at + 1}`), `l${length}=1`]);
    expect(resolvePath(chain(40), "l0").node?.type).toBe("file");
    expect(() => resolvePath(chain(41), "l0")).toThrow(expect.objectContaining({ code: "LINK_LOOP" }));
  });
});

describe("names in a layer", () => {
  it.each([
    ["a", { kind: "plain" }],
    [".wh", { kind: "plain" }],
    [".whx", { kind: "plain" }],
    [".wh.a", { kind: "whiteout", target: "a" }],
    [".wh..a", { kind: "whiteout", target: ".a" }],
    [".wh....", { kind: "whiteout", target: "..." }],
    [".wh..wh..opq", { kind: "opaque" }],
    [".wh..wh.aufs", { kind: "meta" }],
    [".wh..wh..opqx", { kind: "meta" }],
  ])("%s", (name, role) => {
    expect(nameRole(name, name, "layer")).toEqual(role);
  });
});
