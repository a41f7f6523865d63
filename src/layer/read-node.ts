import type { FileNode } from "./tree-node.js";

/** The bytes of a file of a tree, e.g. `/etc/passwd`. */
export async function readFileNode(node: FileNode): Promise<Uint8Array> {
  throw new Error(`not yet ${node.size}`);
}
