import { expect, it } from "vitest";
import { changedEntries } from "../../../src/engine/run/changed-entries.js";
import { sandboxStubs } from "../../../src/engine/run/sandbox-stubs.js";
import { emptyTree, newFolder, setNode } from "../../../src/layer/tree.js";
import type { TarEntry } from "../../../src/tar/tar-entry.js";

it("names what a sandbox has to make to mount there, through the links of the image", () => {
  const tree = emptyTree();
  setNode(tree, "usr/lib", newFolder());
  setNode(tree, "lib", { type: "symlink", mode: 0o777, uid: 0, gid: 0, mtime: 0, target: "usr/lib" });
  expect(sandboxStubs(tree, ["/usr/lib", "/lib/a/b", "/proc"])).toEqual(["usr/lib/a/b", "usr/lib/a", "proc"]);
});

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
