import type { LayerIndex } from "../../src/archive/layer-index.js";
import type { TarEntry, TarEntryType } from "../../src/archive/tar-entry.js";
import { applyLayer } from "../../src/rootfs/apply-layer.js";
import type { FolderNode } from "../../src/rootfs/tree.js";
import { emptyTree } from "../../src/rootfs/tree.js";
import { noBytes, treeText } from "./random-trees.js";

/**
 * Entries in short: `a/` is a folder, `a` a file whose size tells it from others (`a=5`), `a -> b` a symbolic link,
 * `a => b` a hard link, `a|` a pipe. `a/ 700` has a mode.
 */
export function entry(text: string): TarEntry {
  const match = /^(.*?)(\/|\|)?(?:=(\d+))?(?: (->|=>) (.*?))?(?: (\d{3,4}))?$/.exec(text)!;
  const [, path, mark, size, arrow, linkname, mode] = match;
  const type: TarEntryType =
    mark === "/"
      ? "folder"
      : mark === "|"
        ? "fifo"
        : arrow === "->"
          ? "symlink"
          : arrow === "=>"
            ? "hardlink"
            : "file";
  const base = { uid: 0, gid: 0, mtime: 0, size: Number(size ?? 0) };
  const bits = mode === undefined ? (type === "folder" ? 0o755 : 0o644) : Number.parseInt(mode, 8);
  return { type, path: path!, mode: bits, ...base, ...(linkname === undefined ? {} : { linkname }) };
}

/** The index of a layer of these entries. */
export function layer(...entries: readonly string[]): LayerIndex {
  return {
    diffId: `sha256:${"0".repeat(64)}`,
    size: 0,
    entries: entries.map((text, at) => ({ entry: entry(text), offset: at * 512 })),
  };
}

/** The tree of layers, the first at the bottom. */
export function treeOf(...layers: readonly (readonly string[])[]): FolderNode {
  const tree = emptyTree();
  for (const entries of layers) applyLayer(tree, layer(...entries), noBytes());
  return tree;
}

/** What is in a tree, in short: `a/`, `a=5`, `a -> b`, `b => a` for a further name of the same file. */
export function shortText(tree: FolderNode): string[] {
  return treeText(tree)
    .slice(1)
    .map((line) => {
      const [, quoted, type, , , rest] = /^("(?:[^"\\]|\\.)*") (\S+) (\S+) (\S+)\s*(.*)$/.exec(line)!;
      const path = JSON.parse(quoted!) as string;
      const first = / = (.*)$/.exec(rest!)?.[1];
      if (first !== undefined) return `${path} => ${first}`;
      if (type === "folder") return `${path}/`;
      if (type === "file") return rest!.startsWith("size=0") ? path : `${path}=${/\d+/.exec(rest!)![0]}`;
      return type === "symlink" ? `${path} ${rest}` : `${path}|`;
    });
}
