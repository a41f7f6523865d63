import type { IndexedEntry } from "./layer-index.js";
import type { NameWatch } from "./name-watch.js";
import { resolvePath } from "./resolve.js";
import type { FolderNode } from "./tree-node.js";
import { joinPath, pathComponents } from "./tree-path.js";
import { nameRole, WHITEOUT_PREFIX } from "./whiteout.js";

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

/** The folder of the layers below that a whiteout stands in, where there is one. */
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
      // A link that this layer replaces is not followed: its target has nothing to do with the layer's folder.
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
