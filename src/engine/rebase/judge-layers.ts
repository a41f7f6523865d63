import type { LayerIndex } from "../../archive/layer-index.js";
import { sizeText } from "../../core/size.js";
import { type BaseUse, readBaseUse } from "../../oci/base-annotations.js";
import type { HistoryEntry } from "../../oci/image-config.js";
import type { Descriptor } from "../../oci/manifest.js";
import { sameAttributes } from "../../rootfs/difference.js";
import { resolveUnlessLoop } from "../../rootfs/resolve.js";
import { type FolderNode, lookup, pathComponents, type TreeNode, walk } from "../../rootfs/tree.js";
import { nameRole } from "../../rootfs/whiteout.js";

/** A layer that an image has above its base. */
export interface OwnLayer {
  readonly digest: string;
  /** Bytes of the compressed blob. */
  readonly size: number;
  /** Its line of the history. */
  readonly description: string;
  /** The strongest thing that it took from the base; `unknown` where its builder did not say. */
  readonly use: BaseUse | "unknown";
}

/** A layer that a new base may make wrong. */
export interface UnsafeLayer extends OwnLayer {
  /** Paths at which the two bases differ, where that is why. */
  readonly paths: readonly string[];
}

/** The layers above the base, with their lines of the history. */
export function ownLayers(
  descriptors: readonly Descriptor[],
  history: readonly HistoryEntry[],
): readonly OwnLayer[] {
  const lines = history.filter((line) => line.empty_layer !== true);
  return descriptors.map(({ digest, size, annotations }, at) => ({
    digest,
    size,
    description: lines[at]?.created_by ?? "",
    use: readBaseUse(annotations) ?? "unknown",
  }));
}

/** True when the files of the bases have to be known to judge a layer. */
export function needsGround({ use }: OwnLayer): boolean {
  return use === "files";
}

/** The files of two bases, and what is in the layers between. */
interface Ground {
  readonly from: FolderNode;
  readonly onto: FolderNode;
  /** Returns the index of the layer of a digest. */
  indexOf(digest: string): LayerIndex;
}

/**
 * The layers that cannot be put on another base unseen. One of files alone can, where the bases are the same around
 * what it writes; one that took more than that from its base cannot.
 *
 * @param ground undefined where no layer `needsGround`
 */
export function unsafeLayers(layers: readonly OwnLayer[], ground: Ground | undefined): UnsafeLayer[] {
  const links = ground === undefined ? [] : changedLinks(ground.from, ground.onto);
  return layers.flatMap((layer) => {
    if (layer.use === "none") return [];
    if (!needsGround(layer) || ground === undefined) return [{ ...layer, paths: [] }];
    const paths = movedGround(ground.indexOf(layer.digest), ground.from, ground.onto, links);
    return paths.length === 0 ? [] : [{ ...layer, paths }];
  });
}

/**
 * The paths at which two bases differ in what a layer was made by: the directories around what it writes, directories
 * that it changes, and whether there is what it removes, and links that may have led there. Empty when the layer would
 * be the same on both.
 */
export function movedGround(
  { entries, diffId }: LayerIndex,
  from: FolderNode,
  onto: FolderNode,
  links: readonly FollowedLink[] = changedLinks(from, onto),
): readonly string[] {
  const moved = new Set<string>();
  const written = new Set<string>();
  for (const { entry } of entries) {
    const names = pathComponents(entry.path);
    for (let end = names.length; end > 0; end--) {
      const path = names.slice(0, end).join("/");
      if (written.has(path)) break;
      written.add(path);
    }
    const last = names.pop();
    // The root itself has no parents.
    if (last === undefined) {
      if (!sameAttributes(from, onto)) moved.add("/");
      continue;
    }
    const parent = parentMoved(names, from, onto);
    if (parent !== undefined) {
      moved.add(parent);
      continue;
    }
    const role = nameRole(last, entry.path, diffId);
    if (role.kind === "meta" || role.kind === "opaque") continue;
    const path = [...names, role.kind === "whiteout" ? role.target : last].join("/");
    const [left, right] = [lookup(from, path), lookup(onto, path)];
    const same =
      role.kind === "whiteout"
        ? (left === undefined) === (right === undefined)
        : entry.type === "folder"
          ? sameFolder(left, right)
          : (left?.type === "folder") === (right?.type === "folder");
    if (!same) moved.add(`/${path}`);
  }
  // A path of the description may have led through a link to what was written.
  for (const { path, real } of links) if (written.has(real)) moved.add(`/${path}`);
  return [...moved];
}

/** The first directory on the way that is not in both bases what it is in the other. */
function parentMoved(names: readonly string[], from: FolderNode, onto: FolderNode): string | undefined {
  let [left, right]: [TreeNode | undefined, TreeNode | undefined] = [from, onto];
  for (const [at, name] of names.entries()) {
    left = left?.type === "folder" ? left.children.get(name) : undefined;
    right = right?.type === "folder" ? right.children.get(name) : undefined;
    if (left === undefined && right === undefined) return undefined;
    if (!sameFolder(left, right)) return `/${names.slice(0, at + 1).join("/")}`;
  }
  return undefined;
}

/** True when both are the same as ground: both missing, or alike in type, mode and owner. */
function sameFolder(left: TreeNode | undefined, right: TreeNode | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if (left.type !== right.type || !sameAttributes(left, right)) return false;
  return left.type !== "symlink" || (right.type === "symlink" && left.target === right.target);
}

/** A symbolic link of a base, and where it leads. */
interface FollowedLink {
  readonly path: string;
  readonly target: string;
  /** The real path, which steps that went through the link wrote to. */
  readonly real: string;
}

/** The links of one base that the other has not, or has with another target: what went through them went elsewhere. */
function changedLinks(from: FolderNode, onto: FolderNode): readonly FollowedLink[] {
  const changed: FollowedLink[] = [];
  for (const [path, node] of walk(from)) {
    if (node.type !== "symlink") continue;
    const other = lookup(onto, path);
    if (other?.type === "symlink" && other.target === node.target) continue;
    // A loop leads nowhere, so nothing went through it.
    const real = resolveUnlessLoop(from, path)?.path;
    if (real !== undefined) changed.push({ path, target: node.target, real });
  }
  return changed;
}

const WHY = {
  run: "made by a command",
  contents: "holds or needs files of the base",
  names: "its owners were looked up by name",
  files: "the bases differ",
  none: "takes nothing",
  unknown: "its builder does not say what it took from the base",
} as const;

const MOST_PATHS = 3;
const LONGEST = 100;

/** A layer that cannot be put on another base unseen, and why, in a line. */
export function unsafeText({ description, digest, size, use, paths }: UnsafeLayer): string {
  const line = description.replace(/\s+/g, " ");
  const short = line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
  const name = short === "" ? digest.slice(0, "sha256:".length + 12) : short;
  const more = paths.length > MOST_PATHS ? ` and ${paths.length - MOST_PATHS} more` : "";
  const where = paths.length === 0 ? "" : ` at ${paths.slice(0, MOST_PATHS).join(", ")}${more}`;
  return `"${name}" (${sizeText(size)}, ${WHY[use]}${where})`;
}
