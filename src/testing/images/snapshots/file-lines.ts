import type { DescribedImage } from "../../../engine/described/described-image.js";
import { lookup } from "../../../layer/tree.js";
import type { FolderNode } from "../../../layer/tree-node.js";
import { joinPath } from "../../../layer/tree-path.js";
import { walk } from "../../../layer/walk.js";
import { modeWord, ownerWord, typeWord } from "../checks/file-facts.js";

/** What the steps of an image put into it, by path: type, mode and owner, and nothing of the content. */
export function fileLines(image: DescribedImage): readonly string[] {
  const lines: string[] = [];
  for (const [path, node] of walk(image.tree)) {
    if (!image.placedBy.has(path)) continue;
    const owner = ownerWord(image, node);
    if (node.type === "symlink") lines.push(`symbolic link ${owner} /${path} -> ${node.target}`);
    else lines.push(`${typeWord(node.type)} ${modeWord(node.mode)} ${owner} /${path}`);
  }
  return [...lines, ...removedPaths(image.baseTree, image.tree, "").map((path) => `removed /${path}`)];
}

/** The topmost paths of a base on disk that the image no longer has. */
function removedPaths(before: FolderNode, after: FolderNode, path: string): string[] {
  if (before === after) return [];
  return [...before.children].flatMap(([name, node]) => {
    const here = joinPath(path, name);
    const now = lookup(after, name);
    if (now === undefined) return [here];
    return node.type === "folder" && now.type === "folder" ? removedPaths(node, now, here) : [];
  });
}
