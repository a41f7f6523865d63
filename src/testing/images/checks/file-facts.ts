import type { DescribedImage } from "../../../engine/described/described-image.js";
import { isModeKnown } from "../../../engine/described/unknown.js";
import { similarPath } from "../../../engine/operations/find-path.js";
import { resolvePath } from "../../../layer/resolve.js";
import type { TreeNode } from "../../../layer/tree-node.js";
import { describeOperation } from "../../../plan/operation.js";
import { type Details, placeText } from "../failure.js";

/** What a node is, in words. */
export function typeWord(type: TreeNode["type"]): string {
  return type === "symlink" ? "symbolic link" : type.replace("-", " ");
}

/** Permission bits as people write them. */
export function modeWord(mode: number): string {
  return isModeKnown(mode) ? `0${mode.toString(8).padStart(3, "0")}` : "?";
}

/** An owner by its numbers, or by the names that stand for them. */
export function ownerWord({ names }: DescribedImage, { uid, gid }: Pick<TreeNode, "uid" | "gid">): string {
  return `${names.textOf(uid)}:${names.textOf(gid)}`;
}

/** The step that placed a path, with the user's line. */
export function placedText({ placedBy }: DescribedImage, path: string): string | undefined {
  const operation = placedBy.get(path);
  if (operation === undefined) return undefined;
  const place = placeText(operation.origin);
  return `${describeOperation(operation)}${place === undefined ? "" : ` (${place})`}`;
}

const NAMES_SHOWN = 8;

/** What helps to see why nothing is at a path. */
export function nearText(image: DescribedImage, path: string): Details {
  const names = path.split("/").filter((name) => name !== "");
  let folder = "";
  for (let depth = names.length - 1; depth >= 0; depth--) {
    const at = names.slice(0, depth).join("/");
    if (resolvePath(image.tree, at).node?.type !== "folder") continue;
    folder = at;
    break;
  }
  const node = resolvePath(image.tree, folder).node;
  const there = node?.type === "folder" ? [...node.children.keys()].sort() : [];
  const more = there.length > NAMES_SHOWN ? ` and ${there.length - NAMES_SHOWN} more` : "";
  return [
    ["close to it", similarPath(image.tree, path)],
    [`in /${folder}`, there.length === 0 ? "nothing" : `${there.slice(0, NAMES_SHOWN).join(", ")}${more}`],
    ["removed by", removedText(image, path)],
  ];
}

/** The last step that removed a path, or a folder that it was in. */
function removedText({ removals = [] }: DescribedImage, path: string): string | undefined {
  const removal = removals.findLast(
    (operation) => path === operation.path || path.startsWith(`${operation.path}/`),
  );
  if (removal === undefined) return undefined;
  const place = placeText(removal.origin);
  return `${describeOperation(removal)}${place === undefined ? "" : ` (${place})`}`;
}
