import type { TarEntry } from "../../archive/tar-entry.js";
import { compareBytes } from "../../core/bytes.js";
import { parentPath } from "../../core/posix-path.js";
import type { Origin } from "../../errors/origin.js";
import { applyLayer } from "../../rootfs/apply-layer.js";
import { sameAttributes } from "../../rootfs/difference.js";
import type { FileNode, FolderNode, TreeNode } from "../../rootfs/tree.js";
import { cloneTree, emptyTree, joinPath } from "../../rootfs/tree.js";
import { OPAQUE_NAME, WHITEOUT_PREFIX, whiteoutTarget } from "../../rootfs/whiteout.js";
import type { ComparedImage, ComparedLayer, OpenedLayer, OpenedLayers } from "./opened-layers.js";

/** An attribute of a file that can differ; `links` where two names are those of one file in one of the images only. */
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

/** The state of a path of an image. */
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
  /** The attributes that differ, of a path that both have. */
  readonly aspects: readonly FileAspect[];
  readonly before?: FileState;
  readonly after?: FileState;
  /** Bytes that the root file system has more for it; a file with several names counts at one of them. */
  readonly bytes: number;
  /** The user's line that wrote or removed it, where that is known. */
  readonly origin?: Origin;
}

function stateOfNode(node: TreeNode): FileState {
  const { type, mode, uid, gid } = node;
  const size = node.type === "file" ? node.size : 0;
  const state = { type, mode, uid, gid, size };
  if (node.type === "symlink") return { ...state, target: node.target };
  if ("devmajor" in node && node.type !== "fifo")
    return { ...state, device: `${node.devmajor}:${node.devminor}` };
  return state;
}

/** The differences between two root file systems, and the nodes behind them for callers that need their bytes. */
export interface ComparedFiles {
  /** In byte order of paths. */
  readonly files: readonly FileDifference[];
  /** Beside each of the files. */
  readonly pairs: readonly NodePair[];
}

/**
 * Compares the final root file systems of two images. The layers at the bottom that both have are looked into only where
 * that can matter, and contents only where two files of one size come from different places.
 *
 * @throws {IntegrityError} BLOB_MISSING and others when a layer cannot be read
 */
export async function compareFiles(
  before: ComparedImage,
  after: ComparedImage,
  layers: OpenedLayers,
  times = false,
): Promise<ComparedFiles> {
  const shared = sharedLayers(before.layers, after.layers);
  const left = await openAll(before.layers.slice(shared), layers);
  const right = await openAll(after.layers.slice(shared), layers);
  const base = emptyTree();
  if (needsSharedBase(left, right)) layTo(base, await openAll(after.layers.slice(0, shared), layers));
  const pairs = treePairs(layTo(cloneTree(base), left), layTo(base, right), times);
  for (const { before, after, aspects, contents } of pairs) {
    if (!contents || before?.type !== "file" || after?.type !== "file") continue;
    const [old, now] = [await layers.digestOf(before), await layers.digestOf(after)];
    if (old === undefined || old !== now) aspects.unshift("content");
  }
  return described(pairs, left, right);
}

function sharedLayers(before: readonly ComparedLayer[], after: readonly ComparedLayer[]): number {
  const differs = after.findIndex(({ diffId }, at) => before[at]?.diffId !== diffId);
  return differs === -1 ? after.length : differs;
}

async function openAll(wanted: readonly ComparedLayer[], layers: OpenedLayers): Promise<OpenedLayer[]> {
  const opened: OpenedLayer[] = [];
  for (const layer of wanted) opened.push(await layers.open(layer));
  return opened;
}

function layTo(tree: FolderNode, layers: readonly OpenedLayer[]): FolderNode {
  for (const { index, bytes } of layers) applyLayer(tree, index, bytes);
  return tree;
}

function described(
  pairs: readonly NodePair[],
  left: readonly OpenedLayer[],
  right: readonly OpenedLayer[],
): ComparedFiles {
  const different: NodePair[] = [];
  // A file that keeps a name as it was keeps its bytes, whatever becomes of its other names.
  const [old, now] = [new FileSizes(), new FileSizes()];
  for (const pair of pairs) {
    const { before, after, aspects } = pair;
    if (before === undefined || after === undefined || aspects.length > 0) different.push(pair);
    else {
      old.take(before);
      now.take(after);
    }
  }
  different.sort((a, b) => compareBytes(a.path, b.path));
  const originOf = originsOf(left, right);
  const files = different.map(({ path, before, after, aspects }): FileDifference => {
    const origin = originOf(path, after !== undefined);
    return {
      path: `/${path}`,
      change: before === undefined ? "added" : after === undefined ? "removed" : "changed",
      aspects,
      ...(before === undefined ? {} : { before: stateOfNode(before) }),
      ...(after === undefined ? {} : { after: stateOfNode(after) }),
      bytes: now.take(after) - old.take(before),
      ...(origin === undefined ? {} : { origin }),
    };
  });
  return { files, pairs: different };
}

/** Sizes of the files of one tree, each at the first of its names that is asked for. */
class FileSizes {
  readonly #counted = new Set<TreeNode>();

  take(node: TreeNode | undefined): number {
    if (node?.type !== "file" || this.#counted.has(node)) return 0;
    this.#counted.add(node);
    return node.size;
  }
}

/** One path of two trees: what is there before and after. */
export interface NodePair {
  /** Without a leading slash; the root is empty. */
  readonly path: string;
  readonly before: TreeNode | undefined;
  readonly after: TreeNode | undefined;
  /** The attributes that differ, as far as that is told without contents; empty where only one of the trees has the path. */
  readonly aspects: FileAspect[];
  /** True when these are two files of one size whose contents have to be compared. */
  readonly contents: boolean;
}

/** Every path that one of two trees has, in no order. What lies below a directory that only one has is there too. */
function treePairs(before: FolderNode, after: FolderNode, times: boolean): NodePair[] {
  const pairs: NodePair[] = [];
  const links = new Links();
  const visit = (path: string, old: TreeNode | undefined, now: TreeNode | undefined): void => {
    const both = old !== undefined && now !== undefined;
    const aspects = both ? aspectsOf(old, now, times) : [];
    if (both && links.part(old, now)) aspects.push("links");
    const contents = both && !aspects.includes("content") && mayDiffer(old, now);
    pairs.push({ path, before: old, after: now, aspects, contents });
    const left = old?.type === "folder" ? old.children : undefined;
    const right = now?.type === "folder" ? now.children : undefined;
    for (const [name, node] of left ?? []) visit(joinPath(path, name), node, right?.get(name));
    for (const [name, node] of right ?? [])
      if (left?.has(name) !== true) visit(joinPath(path, name), undefined, node);
  };
  visit("", before, after);
  return pairs;
}

function aspectsOf(before: TreeNode, after: TreeNode, times: boolean): FileAspect[] {
  if (before === after) return [];
  const aspects: FileAspect[] = [];
  const [old, now] = [stateOfNode(before), stateOfNode(after)];
  if (old.type !== now.type) aspects.push("type");
  else if (old.size !== now.size) aspects.push("content");
  else if (old.target !== now.target) aspects.push("target");
  else if (old.device !== now.device) aspects.push("device");
  // Nothing reads the mode of a symbolic link.
  if (before.mode !== after.mode && before.type !== "symlink" && after.type !== "symlink")
    aspects.push("mode");
  if (before.uid !== after.uid || before.gid !== after.gid) aspects.push("owner");
  if (!sameAttributes({ ...after, xattrs: before.xattrs }, after)) aspects.push("xattrs");
  if (times && before.mtime !== after.mtime) aspects.push("time");
  return aspects;
}

/** Files of one size, unless they are one: equal content in different places is found by its digest. */
function mayDiffer(before: TreeNode, after: TreeNode): boolean {
  if (before === after || before.type !== "file" || after.type !== "file") return false;
  return before.size > 0 && before.size === after.size && !samePlace(before, after);
}

function samePlace({ content: a }: FileNode, { content: b }: FileNode): boolean {
  return a.kind === "layer" && b.kind === "layer" && a.layer === b.layer && a.offset === b.offset;
}

/** Pairs of files of the two trees, by which a name that left its file is seen. */
class Links {
  readonly #after = new Map<TreeNode, TreeNode>();
  readonly #before = new Map<TreeNode, TreeNode>();

  /** Notes one name of both; true where another name of one of them stands for another file. */
  part(before: TreeNode, after: TreeNode): boolean {
    if (before.type === "folder" || after.type === "folder") return false;
    const left = this.#after.get(before) ?? after;
    const right = this.#before.get(after) ?? before;
    this.#after.set(before, left);
    this.#before.set(after, right);
    return left !== after || right !== before;
  }
}

/**
 * True when the layers that two images share must be looked into to say what the layers above make different. They need
 * not where both write the same paths, and remove nothing: whatever lies below is hidden, or seen in both alike.
 */
function needsSharedBase(before: readonly OpenedLayer[], after: readonly OpenedLayer[]): boolean {
  const left = writtenBy(before);
  const right = writtenBy(after);
  if (left === undefined || right === undefined || left.size !== right.size) return true;
  for (const [path, type] of left) if (right.get(path) !== type) return true;
  return false;
}

/** The kind of thing that is written at each path; undefined where that alone does not say what will be there. */
function writtenBy(layers: readonly OpenedLayer[]): Map<string, string> | undefined {
  const written = new Map<string, string>();
  for (const { index } of layers) {
    for (const { entry } of index.entries) {
      const kind = kindOf(entry, written);
      if (kind === undefined || (written.get(entry.path) ?? kind) !== kind) return undefined;
      written.set(entry.path, kind);
    }
  }
  return written;
}

/** A directory keeps what is in it below, all else does not. A link to a file below has what is there. */
function kindOf({ type, path, linkname }: TarEntry, written: ReadonlyMap<string, string>) {
  if (path.includes(WHITEOUT_PREFIX)) return undefined;
  if (type === "folder") return "folder";
  if (type === "hardlink" && written.get(linkname ?? "") !== "thing") return undefined;
  return "thing";
}

/**
 * The user's line behind a path that differs: that of the layer which wrote it last, or for a path that is gone, which
 * removed it; where the image after has nothing to do with that, the line that had written it before.
 *
 * @returns takes a path without a leading slash, and whether the image after has it
 */
function originsOf(
  before: readonly OpenedLayer[],
  after: readonly OpenedLayer[],
): (path: string, present: boolean) => Origin | undefined {
  const old = lastWriters(before);
  const now = lastWriters(after);
  const removed = removers(after);
  return (path, present) => {
    if (present) return now.get(path)?.layer.originOf(path);
    for (let at = path; at !== ""; at = at.slice(0, Math.max(at.lastIndexOf("/"), 0))) {
      const remover = removed.get(at);
      if (remover !== undefined) return remover.layer.originOf(at);
    }
    return old.get(path)?.layer.originOf(path);
  };
}

function lastWriters(layers: readonly OpenedLayer[]): Map<string, OpenedLayer> {
  return new Map(layers.flatMap((layer) => layer.index.entries.map(({ entry }) => [entry.path, layer])));
}

function removers(layers: readonly OpenedLayer[]): Map<string, OpenedLayer> {
  const found = new Map<string, OpenedLayer>();
  for (const layer of layers) {
    for (const { entry } of layer.index.entries) {
      const target = entry.path.endsWith(`/${OPAQUE_NAME}`)
        ? parentPath(entry.path)
        : whiteoutTarget(entry.path);
      if (target !== undefined) found.set(target, layer);
    }
  }
  return found;
}
