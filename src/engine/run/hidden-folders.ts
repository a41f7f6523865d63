import type { IndexedEntry } from "../../layer/layer-index.js";
import type { TreeNode } from "../../layer/tree-node.js";
import { joinPath } from "../../layer/tree-path.js";
import type { TarEntry } from "../../tar/tar-entry.js";
import type { DraftTree } from "../draft-tree.js";

const OPAQUE = ["trusted.overlay.opaque", "user.overlay.opaque"];
const YES = 0x79;

/**
 * Folders that hide all that was in them below: what the changes do not name again is removed by its name. So a
 * folder that was removed and made anew, or moved away and back, costs no more than what is different in it.
 */
export class HiddenFolders {
  readonly #draft: DraftTree;
  /** The names in each folder of the changes. */
  readonly #names = new Map<string, Set<string>>();
  readonly #hidden = new Set<string>();

  constructor(draft: DraftTree, entries: readonly IndexedEntry[]) {
    this.#draft = draft;
    if (!entries.some(({ entry }) => isOpaque(entry))) return;
    for (const { entry } of entries) {
      const { folder, name } = split(entry.path);
      const names = this.#names.get(folder);
      if (names === undefined) this.#names.set(folder, new Set([name]));
      else names.add(name);
    }
  }

  /** Removes what is hidden by a folder of the changes; its parents were entered before it. */
  enter(entry: TarEntry, existing: TreeNode | undefined): void {
    const { path } = entry;
    if (!isOpaque(entry) && !(path !== "" && this.#hidden.has(split(path).folder))) return;
    this.#hidden.add(path);
    if (existing?.type !== "folder") return;
    const named = this.#names.get(path);
    for (const name of [...existing.children.keys()])
      if (named?.has(name) !== true) this.#draft.remove(joinPath(path, name));
  }
}

function isOpaque({ type, xattrs }: TarEntry): boolean {
  return type === "folder" && OPAQUE.some((name) => xattrs?.[name]?.[0] === YES);
}

function split(path: string): { readonly folder: string; readonly name: string } {
  const cut = path.lastIndexOf("/");
  return { folder: path.slice(0, Math.max(cut, 0)), name: path.slice(cut + 1) };
}
