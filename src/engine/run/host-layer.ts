import { PlanError } from "../../errors/layerwright-error.js";
import { diffTrees } from "../../layer/diff.js";
import { toEntries } from "../../layer/entries.js";
import { toTarItems } from "../../layer/layer-item.js";
import type { FolderNode } from "../../layer/tree-node.js";
import { whiteoutTarget } from "../../layer/whiteout.js";
import type { HostRunOperation } from "../../plan/operation.js";
import { describeOperation } from "../../plan/operation.js";
import type { BlobStore } from "../../ports/blob-store.js";
import { tarBlocks } from "../../tar/tar-blocks.js";

/** Puts the difference of two trees into the store as a plain tar that ADD can unpack. */
export async function storeHostLayer(
  run: HostRunOperation,
  lower: FolderNode,
  upper: FolderNode,
  mtime: number,
  store: BlobStore,
): Promise<{ readonly digest: string; readonly size: number }> {
  const items = toEntries(diffTrees(lower, upper), lower, { mtime });
  const gone = items.map(({ entry }) => whiteoutTarget(entry.path)).find((path) => path !== undefined);
  if (gone !== undefined) {
    const reason = `removes /${gone}, and a tar that is added cannot`;
    const context = { subject: describeOperation(run), origin: run.origin };
    throw new PlanError("NOT_EXPRESSIBLE", { field: "a host command that", reason }, context);
  }
  const writer = await store.writer();
  try {
    for (const block of tarBlocks(await toTarItems(items))) writer.write(block);
    return await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}
