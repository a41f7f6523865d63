import { describe, expect, it } from "vitest";
import type { TarEntry } from "../../../src/archive/tar-entry.js";
import { changedEntries } from "../../../src/engine/run/apply-changes.js";
import { MOUNTED_FILE, type MountedTree, mountPoints } from "../../../src/engine/run/mount-points.js";
import type { FolderNode, TreeNode } from "../../../src/rootfs/tree.js";
import { emptyTree, newFolder, setNode } from "../../../src/rootfs/tree.js";

const link = (target: string): TreeNode => ({
  type: "symlink",
  mode: 0o777,
  uid: 0,
  gid: 0,
  mtime: 0,
  target,
});

/** A tree of directories, links (by their target) and empty files (`"file"`). */
function treeOf(
  nodes: Readonly<Record<string, { readonly link: string } | "file" | "directory">>,
): FolderNode {
  const tree = emptyTree();
  for (const [path, node] of Object.entries(nodes))
    setNode(
      tree,
      path,
      node === "directory" ? newFolder() : node === "file" ? MOUNTED_FILE : link(node.link),
    );
  return tree;
}

const directory = (target: string, more: Partial<MountedTree> = {}): MountedTree => ({
  target,
  node: newFolder(),
  writable: true,
  ...more,
});
const secret = (target: string): MountedTree => ({ target, node: MOUNTED_FILE, writable: false });
const points = (tree: FolderNode, mounts: readonly MountedTree[] = [], cwd = "/") =>
  mountPoints(tree, mounts, cwd, undefined);

describe("the places of mounts", () => {
  const usual = { proc: "directory", sys: "directory", dev: "directory", "etc/hosts": "file" } as const;

  it("are found through the links of the image, and what is missing is made there", () => {
    const tree = treeOf({
      ...usual,
      "usr/lib": "directory",
      lib: { link: "usr/lib" },
      "var/run": { link: "/run" },
      "etc/resolv.conf": { link: "../run/resolve/stub.conf" },
    });
    const mounts = [directory("/lib/a/b"), secret("/var/run/secrets/x"), directory("/lib/../../../up")];
    expect(points(tree, mounts, "/var/run/../lib")).toEqual({
      targets: ["/usr/lib/a/b", "/run/secrets/x", "/up"],
      systemFiles: { resolvConf: "/run/resolve/stub.conf", hosts: "/etc/hosts" },
      cwd: "/usr/lib",
      stubs: [
        "run/resolve/stub.conf",
        "run/secrets/x",
        "run/resolve",
        "usr/lib/a/b",
        "run/secrets",
        "usr/lib/a",
        "run",
        "up",
      ],
    });
  });

  it("are found in what is mounted before", () => {
    const content = treeOf({ build: { link: "/out/x" }, deep: "directory" });
    const mounts = [
      directory("/src", { node: content, writable: false }),
      directory("/src/build/y"),
      directory("/src/deep"),
      directory("/cache"),
      directory("/cache/in/it"),
    ];
    const { targets, stubs, cwd } = points(treeOf(usual), mounts, "/src/build");
    expect(targets).toEqual(["/src", "/out/x/y", "/src/deep", "/cache", "/cache/in/it"]);
    expect(cwd).toBe("/out/x");
    expect(stubs).toEqual(["etc/resolv.conf", "out/x/y", "out/x", "cache", "src", "out"]);
  });

  it.each<[string, FolderNode, (readonly MountedTree[])?, string?]>([
    ["/dev is an absolute link", treeOf({ dev: linkTo("/home") })],
    ["/dev is a link upwards", treeOf({ dev: linkTo("../../home") })],
    ["/dev is a link in the tree", treeOf({ dev: linkTo("other"), other: "directory" })],
    ["/dev is a file", treeOf({ dev: "file" })],
    ["/proc is a link", treeOf({ proc: linkTo("/dev/..") })],
    ["/sys is a link", treeOf({ sys: linkTo("sys") })],
    ["/etc is a file", treeOf({ etc: "file" })],
    ["/etc is a link to itself", treeOf({ etc: linkTo("etc") })],
    ["/etc is the root", treeOf({ etc: linkTo("/proc") })],
    ["resolv.conf is a directory", treeOf({ "etc/resolv.conf": "directory" })],
    ["resolv.conf is a device", treeOf({ "etc/resolv.conf": linkTo("/dev/null") })],
    ["hosts is in a process", treeOf({ "etc/hosts": linkTo("/proc/self/fd/7/etc/hosts") })],
    ["a mount on the root", treeOf({ a: linkTo("/") }), [directory("/a")]],
    ["a mount through a file", treeOf({ a: "file" }), [directory("/a/b")]],
    ["a directory on a file", treeOf({ a: "file" }), [directory("/a")]],
    ["a file on a directory", treeOf({ a: "directory" }), [secret("/a")]],
    ["a mount on /proc", emptyTree(), [directory("/proc")]],
    ["a mount in a process", treeOf({ a: linkTo("/proc/self/root") }), [directory("/a/tmp")]],
    ["a mount on /dev", treeOf({ a: linkTo("dev") }), [directory("/a")]],
    ["a mount on a device", treeOf({ a: linkTo("/dev/null") }), [secret("/a")]],
    ["a mount that a read-only one has no place for", emptyTree(), [secret("/s"), directory("/s/x")]],
    [
      "a mount that is missing in a read-only one",
      emptyTree(),
      [directory("/s", { writable: false }), directory("/s/x")],
    ],
    ["a directory in a descriptor", treeOf({ w: linkTo("/proc/self/fd/7") }), [], "/w"],
    ["a directory that is a file", treeOf({ w: "file" }), [], "/w"],
  ])("%s: refused", (_, tree, mounts = [], cwd = "/") => {
    expect(() => points(tree, mounts, cwd)).toThrow(expect.objectContaining({ code: "SANDBOX_TARGET" }));
  });

  it("leave shared memory to the image", () => {
    const { targets } = points(treeOf({ "run/shm": linkTo("/dev/shm") }), [directory("/run/shm")]);
    expect(targets).toEqual(["/dev/shm"]);
  });
});

function linkTo(target: string): { readonly link: string } {
  return { link: target };
}

const entry = (path: string, more: Partial<TarEntry> = {}) => ({
  entry: { type: "folder", path, mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, ...more } as TarEntry,
  offset: 0,
});

it("takes from the changes what the sandbox made, unless the command put something there", () => {
  const entries = [
    entry("./"),
    entry("./a"),
    entry("./a/b"),
    entry("./c"),
    entry("./c/d"),
    entry("./c/file", { type: "file", size: 1 }),
  ];
  const paths = changedEntries(entries, ["a/b", "c/d", "a", "c"]).map(({ entry: { path } }) => path);
  expect(paths).toEqual(["", "c", "c/file"]);
});
