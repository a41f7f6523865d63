import type { Origin } from "../../errors/origin.js";
import type { TreeNode } from "../../layer/tree-node.js";

/** What of a file can differ. `links`: whether names that both images have are names of one file. */
export type FileAspect =
  | "type"
  | "content"
  | "mode"
  | "owner"
  | "target"
  | "device"
  | "xattrs"
  | "links"
  | "time";

/** What is at a path of an image. */
export interface FileState {
  readonly type: "file" | "folder" | "symlink" | "character-device" | "block-device" | "fifo";
  /** Permission bits with setuid, setgid and sticky; those of a symbolic link mean nothing. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a file's content; 0 for all else. */
  readonly size: number;
  /** Of a symbolic link. */
  readonly target?: string;
  /** Of a device, `8:1`. */
  readonly device?: string;
}

/** One path that is not the same in two root file systems. */
export interface FileDifference {
  /** Absolute. Bytes that are not UTF-8 are lone surrogates, U+DC80 to U+DCFF. */
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
  /** What differs, of a path that both have. */
  readonly aspects: readonly FileAspect[];
  readonly before?: FileState;
  readonly after?: FileState;
  /** Bytes that the root file system has more for it; a file with several names counts at one of them. */
  readonly bytes: number;
  /** The user's line that wrote or removed it, where that is known. */
  readonly origin?: Origin;
}

/** A node as data. */
export function stateOfNode(node: TreeNode): FileState {
  const { type, mode, uid, gid } = node;
  const size = node.type === "file" ? node.size : 0;
  const state = { type, mode, uid, gid, size };
  if (node.type === "symlink") return { ...state, target: node.target };
  if ("devmajor" in node && node.type !== "fifo")
    return { ...state, device: `${node.devmajor}:${node.devminor}` };
  return state;
}
