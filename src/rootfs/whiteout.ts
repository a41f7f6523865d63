import type { IndexedEntry } from "../archive/layer-index.js";
import { IntegrityError } from "../errors/layerwright-error.js";
import { resolvePath } from "./resolve.js";
import { type FolderNode, joinPath, pathComponents, type TreeNode } from "./tree.js";

/** The prefix of a name that hides the rest of the name in the layers below (image-spec layer.md, "Whiteouts"). */
export const WHITEOUT_PREFIX = ".wh.";

/** The name in a directory that hides everything the layers below have in that directory. */
export const OPAQUE_NAME = ".wh..wh..opq";

/** The directory where AUFS kept hard-linked files; its files are never part of the root file system. */
export const PLINK_FOLDER = ".wh..wh.plnk";

/** The prefix of what AUFS kept for itself. */
export const META_PREFIX = ".wh..wh.";

/** The meaning of a name in a layer. */
type NameRole =
  | { readonly kind: "plain" }
  | { readonly kind: "opaque" }
  /** Bookkeeping of AUFS: ignored. */
  | { readonly kind: "meta" }
  | { readonly kind: "whiteout"; readonly target: string };

const PLAIN: NameRole = { kind: "plain" };
const OPAQUE: NameRole = { kind: "opaque" };
const META: NameRole = { kind: "meta" };

/**
 * Tells whiteouts from things. Throws `LAYER_INVALID` for a whiteout of nothing, `.` or `..`, which some tools
 * carry out as "delete the parent".
 *
 * @param layer what the error names, usually the layer's digest
 */
export function nameRole(name: string, path: string, layer: string): NameRole {
  if (!name.startsWith(WHITEOUT_PREFIX)) return PLAIN;
  if (name === OPAQUE_NAME) return OPAQUE;
  const target = name.slice(WHITEOUT_PREFIX.length);
  if (target === "" || target === "." || target === "..") {
    const reason = `its whiteout names ${JSON.stringify(target)}, which is no name of a file`;
    throw new IntegrityError("LAYER_INVALID", { layer, path, reason }, { subject: path });
  }
  // Files named `.wh.*` cannot exist in an image, so nothing is lost by not reading this as a whiteout of one.
  return name.startsWith(META_PREFIX) ? META : { kind: "whiteout", target };
}

/** The path that a whiteout's path hides; undefined for the path of anything else. */
export function whiteoutTarget(path: string): string | undefined {
  const name = path.lastIndexOf("/") + 1;
  if (!path.startsWith(WHITEOUT_PREFIX, name) || path.startsWith(META_PREFIX, name)) return undefined;
  return path.slice(0, name) + path.slice(name + WHITEOUT_PREFIX.length);
}

/** The name that hides a name of the layers below. */
export function whiteoutOf(name: string): string {
  return WHITEOUT_PREFIX + name;
}

/**
 * Removes from the lower tree what the whiteouts of a layer hide. It is done before anything of the layer is added,
 * so neither the order of entries nor a whiteout can touch the layer's own files.
 */
export function hideLower(
  tree: FolderNode,
  entries: readonly IndexedEntry[],
  layer: string,
  watch?: NameWatch,
): void {
  let own: Set<string> | undefined;
  for (const { entry } of entries) {
    const { path } = entry;
    if (!path.includes(WHITEOUT_PREFIX)) continue;
    const slash = path.lastIndexOf("/");
    const role = nameRole(path.slice(slash + 1), path, layer);
    if (role.kind !== "whiteout" && role.kind !== "opaque") continue;
    const names = pathComponents(slash < 0 ? "" : path.slice(0, slash));
    if (names.some((name) => name.startsWith(WHITEOUT_PREFIX))) continue;
    own ??= ownPaths(entries);
    const folder = lowerFolder(tree, names, own);
    if (folder === undefined) continue;
    if (watch !== undefined) tellLost(folder, names, role.kind === "opaque" ? undefined : role.target, watch);
    if (role.kind === "opaque") folder.children.clear();
    else folder.children.delete(role.target);
  }
}

function tellLost(
  { children }: FolderNode,
  names: readonly string[],
  target: string | undefined,
  watch: NameWatch,
): void {
  const path = names.join("/");
  for (const name of target === undefined ? children.keys() : [target]) {
    const node = children.get(name);
    if (node !== undefined) watch.lost(joinPath(path, name), node);
  }
}

/** The directory of the layers below that a whiteout stands in, where there is one. */
function lowerFolder(
  tree: FolderNode,
  names: readonly string[],
  own: ReadonlySet<string>,
): FolderNode | undefined {
  let folder = tree;
  let path = "";
  for (const name of names) {
    path = joinPath(path, name);
    const child = folder.children.get(name);
    if (child?.type === "symlink") {
      // A link that this layer replaces is not followed: its target has nothing to do with the layer's directory.
      if (own.has(path)) return undefined;
      const { node } = resolvePath(tree, names.join("/"));
      return node?.type === "folder" ? node : undefined;
    }
    if (child?.type !== "folder") return undefined;
    folder = child;
  }
  return folder;
}

function ownPaths(entries: readonly IndexedEntry[]): Set<string> {
  return new Set(entries.map(({ entry }) => entry.path));
}

/** Is told what a layer does to the names of the tree that it is laid over. */
export interface NameWatch {
  /** A name has got a node; a directory that only gets new attributes is none. */
  gained(path: string, node: TreeNode): void;
  /**
   * A name is about to lose its node, and with a directory all names in it.
   *
   * @param path as the layer names it, so a link of the image may be on the way
   */
  lost(path: string, node: TreeNode): void;
}
