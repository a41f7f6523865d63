import type { Owner } from "../../image/owner.js";
import type { LayerItem } from "../../layer/layer-item.js";
import { resolvePath } from "../../layer/resolve.js";
import type { FolderNode } from "../../layer/tree-node.js";
import type { BaseUse } from "../../oci/base-annotations.js";
import type { Operation } from "../../plan/operation.js";
import type { Layer } from "../../plan/plan.js";
import { isStatic } from "../elf/is-static.js";

/**
 * What a layer took from the base of its image, the strongest of what its operations did.
 *
 * @param base the files of that base; undefined where nobody looked into it
 * @param lower the files below the layer
 * @param items what the layer became
 */
export async function baseUseOf(
  { operations }: Layer,
  base: FolderNode | undefined,
  lower: FolderNode,
  items: readonly LayerItem[],
): Promise<BaseUse> {
  if (base === undefined) return "none";
  if (operations.some(({ op }) => op === "run" || op === "hostRun")) return "run";
  if (operations.some((operation) => takesContents(operation, base, lower, items))) return "contents";
  // A program that is not static was checked against the loader and the libraries of the base.
  const checked = operations.some((operation) => operation.op === "copy" && operation.executable === true);
  if (checked && !(await areStatic(items))) return "contents";
  if (operations.some(namesOwner)) return "names";
  return "files";
}

/** Whether a file of the base may be in the layer, or something of it that left no trace. */
function takesContents(
  operation: Operation,
  base: FolderNode,
  lower: FolderNode,
  items: readonly LayerItem[],
): boolean {
  if (operation.op === "remove") {
    const { node, path } = resolvePath(base, operation.path, { followLast: false });
    // Where there is nothing to remove, nothing tells that there was to be nothing.
    if (node === undefined) return true;
    // A folder that is made anew hides what was in it, of which there may be something on another base only.
    return node.type === "folder" && items.some(({ entry }) => entry.path.startsWith(`${path}/`));
  }
  if (operation.op !== "chmod" && operation.op !== "chown") return false;
  // A file whose mode or owner is changed is written once more, whole.
  const { node } = resolvePath(base, operation.path);
  if (node?.type === "folder") return operation.recursive === true;
  // An earlier step of the image may have put its own there.
  return node !== undefined && resolvePath(lower, operation.path).node === node;
}

function namesOwner(operation: Operation): boolean {
  const owner: Owner | undefined = "owner" in operation ? operation.owner : undefined;
  return typeof owner?.user === "string" || typeof owner?.group === "string";
}

async function areStatic(items: readonly LayerItem[]): Promise<boolean> {
  for (const { entry, content } of items) {
    if (entry.type !== "file" || content === undefined) continue;
    const { mode, uid, gid, mtime, size } = entry;
    if (!(await isStatic({ type: "file", mode, uid, gid, mtime, size, content }))) return false;
  }
  return true;
}
