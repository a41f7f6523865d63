import type { NodeContent, TreeNode } from "./tree-node.js";

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

/** True when two nodes are the same thing, children of folders aside. Different places of equal content count as different. */
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
