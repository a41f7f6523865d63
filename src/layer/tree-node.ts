import type { EntryContent } from "../tar/entry-content.js";

/** Where a plain tar lies: a file of the host, and the byte it starts at (0 but for a tar inside a tar). */
export interface PlainTar {
  readonly path: string;
  readonly offset: number;
}

/**
 * A layer whose tar can be read at any offset. `spool` unpacks its compression into a scratch file once (and is
 * free for a plain tar on disk); nothing is unpacked for as long as nobody needs the bytes of a file.
 */
export interface LayerBytes {
  spool(): Promise<PlainTar>;
}

/** Content of a file inside a layer below: an offset in the layer's plain tar, counted from the tar's start. */
export interface LayerContent {
  readonly kind: "layer";
  readonly layer: LayerBytes;
  readonly offset: number;
}

/** Where a file's bytes are. */
export type NodeContent = EntryContent | LayerContent;

interface NodeAttributes {
  mode: number;
  uid: number;
  gid: number;
  /** Whole seconds since the epoch. */
  mtime: number;
  xattrs?: Readonly<Record<string, Uint8Array>> | undefined;
}

/** A folder and what is in it. The names are single components (see core/bytes.ts for odd bytes). */
export interface FolderNode extends NodeAttributes {
  readonly type: "folder";
  readonly children: Map<string, TreeNode>;
}

/** A file. Hard links are several names that hold the SAME object. */
export interface FileNode extends NodeAttributes {
  readonly type: "file";
  readonly size: number;
  readonly content: NodeContent;
}

/** A symbolic link, never followed on the host. */
export interface SymlinkNode extends NodeAttributes {
  readonly type: "symlink";
  readonly target: string;
}

/** A device or pipe: carried along, never created on the host. */
export interface SpecialNode extends NodeAttributes {
  readonly type: "character-device" | "block-device" | "fifo";
  readonly devmajor: number;
  readonly devminor: number;
}

/** One inode of a root file system that is held as data. */
export type TreeNode = FolderNode | FileNode | SymlinkNode | SpecialNode;
