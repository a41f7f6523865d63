import type { TreeNode } from "./tree-node.js";

/** Is told what a layer does to the names of the tree that it is laid over. */
export interface NameWatch {
  /** A name has got a node; a folder that only gets new attributes is none. */
  gained(path: string, node: TreeNode): void;
  /**
   * A name is about to lose its node, and with a folder all names in it.
   *
   * @param path as the layer names it, so a link of the image may be on the way
   */
  lost(path: string, node: TreeNode): void;
}
