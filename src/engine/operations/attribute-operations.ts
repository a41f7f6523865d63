import { modeAfter } from "../../image/mode.js";
import type { FolderNode, TreeNode } from "../../layer/tree-node.js";
import type { ChmodOperation, ChownOperation } from "../../plan/operation.js";
import type { DraftTree } from "../draft-tree.js";
import type { Ids } from "../owners.js";
import { existingPath } from "./find-path.js";
import { type LayerState, ownerOf } from "./layer-state.js";

/** The attributes that change, or undefined to leave a node as it is. */
type Change = (node: TreeNode) => Partial<Pick<TreeNode, "mode" | "uid" | "gid" | "xattrs">> | undefined;

/** Changes permission bits. A link is followed, but not the links inside a folder. */
export function applyChmod(state: LayerState, operation: ChmodOperation): void {
  const { path, mode, recursive, origin } = operation;
  const found = existingPath(state.draft.tree, path, "chmod", origin);
  changeNodes(state.draft, found.path, found.node, recursive === true, (node) => {
    if (node.type === "symlink") return undefined;
    const bits = modeAfter(mode, node.mode, node.type === "folder");
    return bits === node.mode ? undefined : { mode: bits };
  });
}

/** Changes the owner, with what chown(2) takes away from files then: setuid, setgid of programs, capabilities. */
export function applyChown(state: LayerState, operation: ChownOperation): void {
  const { path, owner, recursive, origin } = operation;
  const ids = ownerOf(state, owner, origin);
  // `chown -R` of a link is about the link, `chown` of one is about what it leads to.
  const found = existingPath(state.draft.tree, path, "chown", origin, recursive !== true);
  changeNodes(state.draft, found.path, found.node, recursive === true, (node) => chowned(node, ids));
}

function chowned(node: TreeNode, { uid, gid }: Ids): ReturnType<Change> {
  if (node.type === "folder" || node.type === "symlink") {
    return node.uid === uid && node.gid === gid ? undefined : { uid, gid };
  }
  const setgid = (node.mode & 0o010) !== 0 ? 0o2000 : 0;
  const mode = node.mode & ~(0o4000 | setgid);
  const { "security.capability": capability, ...xattrs } = node.xattrs ?? {};
  if (node.uid === uid && node.gid === gid && mode === node.mode && capability === undefined)
    return undefined;
  return { uid, gid, mode, xattrs: Object.keys(xattrs).length === 0 ? undefined : xattrs };
}

function changeNodes(
  draft: DraftTree,
  path: string,
  node: TreeNode,
  recursive: boolean,
  change: Change,
): void {
  const changed = change(node);
  if (node.type !== "folder") {
    if (changed !== undefined) draft.set(path, { ...node, ...changed });
    return;
  }
  if (changed !== undefined) Object.assign(draft.writable(path), changed);
  if (!recursive) return;
  const children: FolderNode["children"] = new Map(node.children);
  const prefix = path === "" ? "" : `${path}/`;
  // Two names of one file stay two names of one file.
  const links = new Map<TreeNode, TreeNode>();
  for (const [name, child] of children) changeChild(draft, prefix + name, child, change, links);
}

function changeChild(
  draft: DraftTree,
  path: string,
  node: TreeNode,
  change: Change,
  links: Map<TreeNode, TreeNode>,
): void {
  const known = links.get(node);
  if (known !== undefined) {
    draft.hasLinks = true;
    draft.set(path, known);
    return;
  }
  const changed = change(node);
  if (node.type === "folder") {
    if (changed !== undefined) Object.assign(draft.writable(path), changed);
    for (const [name, child] of [...node.children])
      changeChild(draft, `${path}/${name}`, child, change, links);
  } else if (changed !== undefined) {
    const copy = { ...node, ...changed } as TreeNode;
    links.set(node, copy);
    draft.set(path, copy);
  }
}
