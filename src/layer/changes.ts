import { childFolder, copyAttributes, newFolder } from "./tree.js";
import type { FolderNode, TreeNode } from "./tree-node.js";
import { pathComponents } from "./tree-path.js";

/** What happens to one name: something is put there, what was there goes, something changes below. */
export interface Change {
  /** What the layer puts at this name. A folder's own `children` mean nothing here. */
  node: TreeNode | undefined;
  /** What the layers below have at this name goes (and `node`, if there is one, comes in its place). */
  removed: boolean;
  /** Something was put below, so a folder is here whether or not the layers below have one. */
  implied: boolean;
  readonly children: Map<string, Change>;
}

/**
 * What one layer does to the tree below it. Later calls win over earlier ones, as steps of one layer do. Links are
 * not followed: give real paths (see resolve.ts).
 */
export class LayerChanges {
  /** @internal Read by entries.ts. */
  readonly root: Change = newChange();

  /**
   * Puts a node at a path. A folder over a folder keeps what is in it and takes the new attributes; its `children`
   * are not taken along. Anything else replaces what is there. At the root only a folder's attributes can be set.
   */
  set(path: string, node: TreeNode): void {
    const change = this.#reach(pathComponents(path), true);
    if (node.type !== "folder") {
      if (change === this.root) throw new TypeError("the root of an image can only be a folder");
      change.children.clear();
    } else if (change.node !== undefined && change.node.type !== "folder") {
      change.removed = true;
    }
    change.node = node;
  }

  /** Removes a path with all that is in it, of this layer and of the layers below. */
  remove(path: string): void {
    const names = pathComponents(path);
    if (names.length === 0) throw new TypeError("the root of an image cannot be removed");
    if (this.#isGone(names)) return;
    const change = this.#reach(names, false);
    change.node = undefined;
    change.removed = true;
    change.implied = false;
    change.children.clear();
  }

  /** Puts a folder at a path that has nothing of what this layer or the layers below have there. */
  opaque(path: string, folder: FolderNode): void {
    this.remove(path);
    this.set(path, folder);
  }

  /** True when the layer does nothing. (A removal of what does not exist counts as something until entries are made.) */
  get isEmpty(): boolean {
    return this.root.node === undefined && this.root.children.size === 0;
  }

  /** Carries the changes out on a tree, in place. Files are shared with the tree, folders are copied. */
  applyTo(tree: FolderNode): void {
    if (this.root.node?.type === "folder") copyAttributes(this.root.node, tree);
    applyChildren(tree, this.root.children);
  }

  /** True when this layer already has nothing at a path, because of what it did to a folder above. */
  #isGone(names: readonly string[]): boolean {
    let change: Change | undefined = this.root;
    for (const name of names.slice(0, -1)) {
      change = change.children.get(name);
      if (change === undefined) return false;
      if (change.node === undefined ? change.removed : change.node.type !== "folder") return true;
    }
    return false;
  }

  #reach(names: readonly string[], imply: boolean): Change {
    let change = this.root;
    for (const [index, name] of names.entries()) {
      let child = change.children.get(name);
      if (child === undefined) {
        child = newChange();
        change.children.set(name, child);
      }
      if (imply && index < names.length - 1) makeFolder(child);
      change = child;
    }
    return change;
  }
}

/** Something is put below this name, so a folder has to be there again if this layer took it away. */
function makeFolder(change: Change): void {
  if (change.node === undefined ? change.removed : change.node.type !== "folder") {
    change.node = newFolder();
    change.removed = true;
  }
  change.implied = true;
}

function newChange(): Change {
  return { node: undefined, removed: false, implied: false, children: new Map() };
}

function applyChildren(folder: FolderNode, changes: ReadonlyMap<string, Change>): void {
  for (const [name, change] of changes) {
    if (change.removed) folder.children.delete(name);
    const { node } = change;
    if (node === undefined) {
      // Where only removals are below, nothing comes into being for them.
      if (!change.implied && folder.children.get(name)?.type !== "folder") continue;
      applyChildren(childFolder(folder, name), change.children);
    } else if (node.type !== "folder") {
      folder.children.set(name, node);
    } else {
      const target = childFolder(folder, name);
      copyAttributes(node, target);
      applyChildren(target, change.children);
    }
  }
}
