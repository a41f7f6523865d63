import {
  childFolder,
  copyAttributes,
  type FolderNode,
  joinPath,
  type NodeContent,
  newFolder,
  pathComponents,
  type TreeNode,
} from "./tree.js";

/**
 * The changes that make the upper tree of the lower one: applied to the lower tree, the result has the same nodes,
 * attributes (times aside) and hard links as the upper one. Nodes that the two trees share are equal without a look at
 * them.
 */
export function diffTrees(lower: FolderNode, upper: FolderNode): LayerChanges {
  const changes = new LayerChanges();
  const rewritten = rewrittenFiles(lower, upper);
  if (!sameNode(lower, upper)) changes.set("", upper);
  diffFolder(changes, "", lower, upper, rewritten);
  return changes;
}

function diffFolder(
  changes: LayerChanges,
  path: string,
  lower: FolderNode,
  upper: FolderNode,
  rewritten: ReadonlySet<TreeNode>,
): void {
  for (const name of lower.children.keys()) {
    if (!upper.children.has(name)) changes.remove(joinPath(path, name));
  }
  for (const [name, node] of upper.children) {
    const below = lower.children.get(name);
    const childPath = joinPath(path, name);
    if (node.type !== "folder") {
      if (below === undefined || rewritten.has(node) || !sameNode(below, node)) changes.set(childPath, node);
    } else if (below?.type === "folder") {
      if (!sameNode(below, node)) changes.set(childPath, node);
      diffFolder(changes, childPath, below, node, rewritten);
    } else {
      if (below !== undefined) changes.remove(childPath);
      addFolder(changes, childPath, node);
    }
  }
}

function addFolder(changes: LayerChanges, path: string, folder: FolderNode): void {
  changes.set(path, folder);
  for (const [name, node] of folder.children) {
    const childPath = joinPath(path, name);
    if (node.type === "folder") addFolder(changes, childPath, node);
    else changes.set(childPath, node);
  }
}

/**
 * Files of which every name is written: a layer can link only names that it writes itself, so a file that gains a
 * name, or parts from one, cannot leave its other names to the layers below.
 */
function rewrittenFiles(lower: FolderNode, upper: FolderNode): Set<TreeNode> {
  const kept = new Map<TreeNode, TreeNode>();
  const owners = new Map<TreeNode, TreeNode>();
  const rewritten = new Set<TreeNode>();
  const seen = new Set<TreeNode>();
  const visit = (below: FolderNode | undefined, folder: FolderNode): void => {
    for (const [name, node] of folder.children) {
      const under = below?.children.get(name);
      if (node.type === "folder") {
        visit(under?.type === "folder" ? under : undefined, node);
        continue;
      }
      const same = under !== undefined && sameNode(under, node) ? under : undefined;
      if (same === undefined) {
        // A second name of a file that the layers below hold as well.
        if (kept.has(node)) rewritten.add(node);
      } else {
        const known = kept.get(node);
        if ((known !== undefined && known !== same) || (known === undefined && seen.has(node)))
          rewritten.add(node);
        if (known === undefined) kept.set(node, same);
        const owner = owners.get(same);
        if (owner === undefined) owners.set(same, node);
        else if (owner !== node) rewritten.add(node);
      }
      seen.add(node);
    }
  };
  visit(lower, upper);
  return rewritten;
}

/** The change of one name: something is put there, what was there goes, something changes below. */
export interface Change {
  /** The node that the layer puts at this name. A directory's own `children` mean nothing here. */
  node: TreeNode | undefined;
  /** True when what the layers below have at this name goes (and `node`, if there is one, comes in its place). */
  removed: boolean;
  /** Something was put below, so a directory is here whether or not the layers below have one. */
  implied: boolean;
  readonly children: Map<string, Change>;
}

/**
 * The changes that one layer makes to the tree below it. Later calls win over earlier ones, as steps of one layer do.
 * Links are not followed: give real paths (see resolve.ts).
 */
export class LayerChanges {
  /** @internal Read by entries.ts. */
  readonly root: Change = newChange();

  /**
   * Puts a node at a path. A directory over a directory keeps what is in it and takes the new attributes; its
   * `children` are not taken along. Anything else replaces what is there. At the root only a directory's attributes can
   * be set.
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

  /** Puts a directory at a path that has nothing of what this layer or the layers below have there. */
  opaque(path: string, folder: FolderNode): void {
    this.remove(path);
    this.set(path, folder);
  }

  /** True when the layer does nothing. (A removal of what does not exist counts as something until entries are made.) */
  get isEmpty(): boolean {
    return this.root.node === undefined && this.root.children.size === 0;
  }

  /** Carries the changes out on a tree, in place. Files are shared with the tree, directories are copied. */
  applyTo(tree: FolderNode): void {
    if (this.root.node?.type === "folder") copyAttributes(this.root.node, tree);
    applyChildren(tree, this.root.children);
  }

  /** True when this layer already has nothing at a path, because of what it did to a directory above. */
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

/** Something is put below this name, so a directory has to be there again if this layer took it away. */
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

type Attributes = Pick<TreeNode, "mode" | "uid" | "gid" | "xattrs">;

/** True when mode, owner and extended attributes are the same. Times are not looked at: layers do not carry them. */
export function sameAttributes(left: Attributes, right: Attributes): boolean {
  return (
    left.mode === right.mode &&
    left.uid === right.uid &&
    left.gid === right.gid &&
    sameXattrs(left.xattrs, right.xattrs)
  );
}

/**
 * True when two nodes are the same thing, children of directories aside. Different places of equal content count as
 * different.
 */
export function sameNode(left: TreeNode, right: TreeNode): boolean {
  if (left === right) return true;
  if (left.type !== right.type || !sameAttributes(left, right)) return false;
  switch (left.type) {
    case "folder":
      return true;
    case "file":
      return (
        right.type === "file" &&
        left.size === right.size &&
        (left.size === 0 || sameContent(left.content, right.content))
      );
    case "symlink":
      return right.type === "symlink" && left.target === right.target;
    default:
      return "devmajor" in right && left.devmajor === right.devmajor && left.devminor === right.devminor;
  }
}

function sameContent(left: NodeContent, right: NodeContent): boolean {
  if (left === right) return true;
  if (left.kind === "layer")
    return right.kind === "layer" && left.layer === right.layer && left.offset === right.offset;
  if (left.kind === "bytes") return right.kind === "bytes" && Buffer.compare(left.bytes, right.bytes) === 0;
  // A host file can change between two looks at it, so only the very same reading of it is the same.
  return false;
}

/** True when extended attributes are the same; none at all is the same as an empty set. */
export function sameXattrs(left: Attributes["xattrs"], right: Attributes["xattrs"]): boolean {
  if (left === right) return true;
  const leftNames = Object.keys(left ?? {});
  if (leftNames.length !== Object.keys(right ?? {}).length) return false;
  return leftNames.every((name) => {
    const value = right?.[name];
    return value !== undefined && Buffer.compare(left![name]!, value) === 0;
  });
}
