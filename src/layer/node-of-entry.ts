import type { IndexedEntry } from "./layer-index.js";
import type { LayerBytes, NodeContent, TreeNode } from "./tree-node.js";

const EMPTY: NodeContent = { kind: "bytes", bytes: new Uint8Array(0) };

/**
 * The node that an entry of a layer brings into being. Hard links have none of their own.
 *
 * @param layer where the content of files is; may be left out for what has none
 */
export function entryNode({ entry, offset }: IndexedEntry, layer?: LayerBytes): TreeNode {
  const { mode, uid, gid, mtime, xattrs } = entry;
  switch (entry.type) {
    case "folder":
      return { type: "folder", mode, uid, gid, mtime, xattrs, children: new Map() };
    case "file": {
      const content: NodeContent =
        entry.size === 0 || layer === undefined ? EMPTY : { kind: "layer", layer, offset };
      return { type: "file", mode, uid, gid, mtime, xattrs, size: entry.size, content };
    }
    case "symlink":
      return { type: "symlink", mode: 0o777, uid, gid, mtime, xattrs, target: entry.linkname ?? "" };
    case "character-device":
    case "block-device":
    case "fifo": {
      const { devmajor = 0, devminor = 0 } = entry;
      return { type: entry.type, mode, uid, gid, mtime, xattrs, devmajor, devminor };
    }
    case "hardlink":
      throw new TypeError(`a hard link has no node of its own: ${entry.path}`);
  }
}
