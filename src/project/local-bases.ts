import { statSync } from "node:fs";
import { join } from "node:path";
import { BaseFiles, type LocalBase, type LocalBases } from "../engine/described/described-image.js";
import { baseLocation } from "../engine/stages/open-base.js";
import type { Platform } from "../oci/platform.js";
import type { DiskBaseLocation } from "../ports/base-source.js";
import { emptyTree, type FolderNode, lookup, setNode, type TreeNode } from "../rootfs/tree.js";
import { askChild } from "./ask-child.js";
import type { ListedBase, ListedNode, LocalBaseLocation } from "./list-local-base.js";

/**
 * Bases on disk, looked into at once: a child process reads each, once for as long as it stays the same file.
 *
 * @param folder where relative paths of bases start, absolute
 */
export function localBases(folder: string): LocalBases {
  return {
    // Nothing is fetched here.
    open: (base, platform) =>
      base.kind === "registry"
        ? undefined
        : openLocal(baseLocation(base, folder) as DiskBaseLocation, platform),
  };
}

const opened = new Map<string, LocalBase>();

/** Looks into an image on disk at once. */
export function openLocal(location: LocalBaseLocation, platform: Platform): LocalBase {
  const stamp = stampOf(location.path);
  const key = JSON.stringify([location, platform, stamp]);
  const known = stamp === undefined ? undefined : opened.get(key);
  if (known !== undefined) return known;
  const listed = askChild<ListedBase>("local-base-child", { location, platform });
  const contents = new Map(Object.entries(listed.contents));
  const files = new BaseFiles((path) => {
    let content = contents.get(path);
    if (content === undefined) {
      content = askChild<string>("local-base-child", { location, platform, read: path });
      contents.set(path, content);
    }
    return Buffer.from(content, "base64");
  });
  const base = { tree: treeOf(listed, files), config: listed.config, layers: listed.layers };
  if (stamp !== undefined) opened.set(key, base);
  return base;
}

/** What tells one state of an image on disk from another; a root file system in a folder has nothing that does. */
function stampOf(path: string): string | undefined {
  const options = { bigint: true, throwIfNoEntry: false } as const;
  const own = statSync(path, options);
  const stat = own?.isDirectory() ? statSync(join(path, "index.json"), options) : own;
  return stat && [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(" ");
}

function treeOf({ root, nodes }: ListedBase, files: BaseFiles): FolderNode {
  const tree = Object.assign(emptyTree(), root);
  for (const listed of nodes) {
    const first = listed.sameAs === undefined ? undefined : lookup(tree, listed.sameAs);
    setNode(tree, listed.path, first ?? nodeOf(listed, files));
  }
  return tree;
}

function nodeOf(listed: ListedNode, files: BaseFiles): TreeNode {
  const { path, type, mode, uid, gid, size = 0, target = "", xattrs } = listed;
  const attributes = { mode, uid, gid, mtime: 0, ...(xattrs && { xattrs: bytesEach(xattrs) }) };
  switch (type) {
    case "folder":
      return { type, ...attributes, children: new Map() };
    case "file":
      return { type, ...attributes, size, content: files.contentOf(path) };
    case "symlink":
      return { type, ...attributes, target };
    default:
      return { type, ...attributes, devmajor: 0, devminor: 0 };
  }
}

function bytesEach(texts: Readonly<Record<string, string>>): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text, "base64")]));
}
