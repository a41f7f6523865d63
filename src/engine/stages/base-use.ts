import { isLayerwrightError } from "../../errors/layerwright-error.js";
import type { Owner } from "../../image/owner.js";
import type { BaseUse } from "../../oci/base-annotations.js";
import type { Operation } from "../../plan/operation.js";
import type { Layer } from "../../plan/plan.js";
import { isStatic } from "../../rootfs/check-program.js";
import type { LayerItem } from "../../rootfs/entries.js";
import { resolvePath } from "../../rootfs/resolve.js";
import type { FolderNode } from "../../rootfs/tree.js";
import { pathComponents } from "../../rootfs/tree.js";

/**
 * The strongest thing that a layer took from the base of its image, by what its operations did.
 *
 * @param base the files of that base; undefined where nobody looked into it
 * @param lower the files below the layer
 * @param items what the layer became
 */
export async function baseUseOf(
  { operations, settledByBase }: Layer,
  base: FolderNode | undefined,
  lower: FolderNode,
  items: readonly LayerItem[],
): Promise<BaseUse> {
  if (base === undefined) return "none";
  if (operations.some(({ op }) => op === "run" || op === "hostRun")) return "run";
  if (settledByBase === true) return "contents";
  if (operations.some((operation) => mayTakeContents(operation, operations, base, lower))) return "contents";
  // A program that is not static was checked against the loader and the libraries of the base.
  const checked = operations.some((operation) => operation.op === "copy" && operation.executable === true);
  if (checked && !(await areStatic(items))) return "contents";
  if (operations.some(namesOwner)) return "names";
  return "files";
}

/** As `takesContents`; true where links of the base go round in a circle, which the image itself may have taken away. */
function mayTakeContents(...[operation, ...rest]: Parameters<typeof takesContents>): boolean {
  try {
    return takesContents(operation, ...rest);
  } catch (error) {
    if (isLayerwrightError(error) && error.code === "LINK_LOOP") return true;
    throw error;
  }
}

/** True when a file of the base may be in the layer, or something was done with the base that left no trace. */
function takesContents(
  operation: Operation,
  operations: readonly Operation[],
  base: FolderNode,
  lower: FolderNode,
): boolean {
  if (operation.op === "remove") {
    const { node, path } = resolvePath(base, operation.path, { followLast: false });
    // Where there is nothing to remove, nothing tells that there was to be nothing.
    if (node === undefined) return true;
    // What else was put there went with it, or hides what only another base has there.
    return operations.some((other) => other.op !== "remove" && goesBelow(other, path, base));
  }
  if (operation.op !== "chmod" && operation.op !== "chown") return false;
  // A file whose mode or owner is changed is written once more, whole.
  const { node } = resolvePath(base, operation.path);
  if (node?.type === "folder") return operation.recursive === true;
  // An earlier step of the image may have put its own there.
  return node !== undefined && resolvePath(lower, operation.path).node === node;
}

/** True when an operation puts something at a path or below it, by its own words or by where they lead in the base. */
function goesBelow(operation: Operation, path: string, base: FolderNode): boolean {
  const target = "dest" in operation ? operation.dest : "path" in operation ? operation.path : "/";
  const written = pathComponents(target).join("/");
  const real = resolvePath(base, target).path;
  return [written, real].some(
    (one) => one === "" || one === path || one.startsWith(`${path}/`) || path.startsWith(`${one}/`),
  );
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
