import type { FolderNode, TreeNode } from "../../layer/tree-node.js";
import type { Layer } from "../../plan/plan.js";
import type { BlobStore } from "../../ports/blob-store.js";

const KIND = "freed-1";

/** Bytes of files that a layer had and a command of the layer removed: what was in the layers below does not count. */
export function freedBytes(before: FolderNode, after: FolderNode, lower: FolderNode): number {
  const seen = new Set<TreeNode>();
  const count = (node: TreeNode, now: TreeNode | undefined, below: TreeNode | undefined): number => {
    if (node === now || node === below) return 0;
    if (node.type === "folder") {
      const names = now?.type === "folder" ? now.children : undefined;
      const under = below?.type === "folder" ? below.children : undefined;
      let sum = 0;
      for (const [name, child] of node.children) sum += count(child, names?.get(name), under?.get(name));
      return sum;
    }
    if (now !== undefined || node.type !== "file" || seen.has(node)) return 0;
    seen.add(node);
    return node.size;
  };
  return count(before, after, lower);
}

/** Keeps how many bytes an operation of a layer freed, for those who explain the plan. */
export async function keepFreedBytes(
  layer: Layer,
  at: number,
  bytes: number,
  store: Pick<BlobStore, "putRecord">,
): Promise<void> {
  await store.putRecord(KIND, `${layer.id} ${at}`, bytes);
}

/** The bytes that an operation of a layer freed when it was built last; undefined where it was not built. */
export async function recallFreedBytes(
  layer: Layer,
  at: number,
  store: Pick<BlobStore, "getRecord">,
): Promise<number | undefined> {
  const bytes = await store.getRecord(KIND, `${layer.id} ${at}`);
  return typeof bytes === "number" ? bytes : undefined;
}
