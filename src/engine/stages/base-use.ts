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
 * @param items what the layer became
 */
export async function baseUseOf(
  { operations }: Layer,
  base: FolderNode | undefined,
  items: readonly LayerItem[],
): Promise<BaseUse> {
  if (base === undefined) return "none";
  if (operations.some(({ op }) => op === "run" || op === "hostRun")) return "run";
  if (operations.some((operation) => takesContents(operation, base))) return "contents";
  // A program that is not static was checked against the loader and the libraries of the base.
  const checked = operations.some((operation) => operation.op === "copy" && operation.executable === true);
  if (checked && !(await areStatic(items))) return "contents";
  if (operations.some(namesOwner)) return "names";
  return "files";
}

/**
 * Whether a file of the base may be in the layer: one whose mode or owner is changed is written once more, whole. A
 * removal of what is not there, or is an empty folder, leaves nothing to tell it by, and on another base it might have.
 */
function takesContents(operation: Operation, base: FolderNode): boolean {
  if (operation.op !== "chmod" && operation.op !== "chown" && operation.op !== "remove") return false;
  const { node } = resolvePath(base, operation.path, { followLast: operation.op !== "remove" });
  if (operation.op === "remove") {
    return node === undefined || (node.type === "folder" && node.children.size === 0);
  }
  return node !== undefined && (node.type !== "folder" || operation.recursive === true);
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
