import type { IgnoreRules, ParentMatches } from "../../core/ignore-rules.js";
import type { FolderNode, TreeNode } from "../../layer/tree-node.js";
import type { DraftTree } from "../draft-tree.js";
import { type CopyRules, stageMode } from "./copy-rules.js";
import { isFolder, notFolder, type Placing } from "./destination.js";

/** A node of another stage as the copy makes it. */
export function stageNode(node: Exclude<TreeNode, FolderNode>, rules: CopyRules): TreeNode {
  return { ...node, ...rules.ids, mode: stageMode(rules, node.type, node.mode) };
}

/** Merges a folder of another stage into a folder of the image; hard links inside of it stay hard links. */
export class StageMerge {
  readonly #draft: DraftTree;
  readonly #rules: CopyRules;
  readonly #exclude: IgnoreRules;
  readonly #placing: Placing;
  readonly #links = new Map<TreeNode, TreeNode>();

  constructor(draft: DraftTree, rules: CopyRules, exclude: IgnoreRules, placing: Placing) {
    this.#draft = draft;
    this.#rules = rules;
    this.#exclude = exclude;
    this.#placing = placing;
  }

  /** Merges `source` into `dest`, whose path in the image is `destPath`. */
  merge(dest: FolderNode, destPath: string, source: FolderNode): void {
    // The source may be part of the very tree that is written to, so its names are taken first.
    this.#merge(dest, destPath, [...source.children], "", undefined);
  }

  #merge(
    dest: FolderNode,
    destPath: string,
    children: readonly (readonly [string, TreeNode])[],
    prefix: string,
    parent: ParentMatches,
  ): void {
    for (const [name, node] of children) {
      const verdict = this.#exclude.decide(prefix + name, parent);
      const folder = node.type === "folder";
      if (verdict.ignored && !(folder && this.#exclude.mayHoldExceptions(prefix + name))) continue;
      const existing = dest.children.get(name);
      const path = destPath === "" ? name : `${destPath}/${name}`;
      if (!folder) {
        if (existing?.type === "folder") throw isFolder(`/${path}`, this.#placing);
        dest.children.set(name, this.#linked(node));
        continue;
      }
      if (existing !== undefined && existing.type !== "folder") {
        throw notFolder(`/${path}`, this.#draft.tree, this.#placing);
      }
      const made = this.#draft.writableChild(dest, name);
      Object.assign(made, { uid: node.uid, gid: node.gid, xattrs: node.xattrs }, this.#rules.ids);
      made.mode = stageMode(this.#rules, "folder", node.mode);
      this.#merge(made, path, [...node.children], `${prefix}${name}/`, verdict.matches);
    }
  }

  #linked(node: Exclude<TreeNode, FolderNode>): TreeNode {
    const known = this.#links.get(node);
    if (known !== undefined) {
      this.#draft.hasLinks = true;
      return known;
    }
    const copy = stageNode(node, this.#rules);
    this.#links.set(node, copy);
    return copy;
  }
}
