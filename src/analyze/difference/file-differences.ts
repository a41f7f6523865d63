import { compareBytes } from "../../core/bytes.js";
import { applyLayer } from "../../layer/apply.js";
import { cloneTree, emptyTree } from "../../layer/tree.js";
import type { FolderNode, TreeNode } from "../../layer/tree-node.js";
import type { ComparedImage, ComparedLayer } from "./compared-image.js";
import { type FileDifference, stateOfNode } from "./file-difference.js";
import { needsSharedBase } from "./needs-shared-base.js";
import type { OpenedLayer, OpenedLayers } from "./opened-layers.js";
import { originsOf } from "./origins-of-files.js";
import { type NodePair, treePairs } from "./tree-differences.js";

/** What is different between two root file systems, and the nodes behind it for whoever needs their bytes. */
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

/** How many layers at the bottom are the same. */
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
