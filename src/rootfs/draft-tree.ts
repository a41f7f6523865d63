import type { Origin } from "../errors/origin.js";
import type { Owner } from "../image/owner.js";
import type { Platform } from "../oci/platform.js";
import type { FileSource } from "../ports/file-source.js";
import type { Ids } from "./owners.js";
import { type FolderNode, pathComponents, type TreeNode } from "./tree.js";

/**
 * A root file system while a layer changes it. Directories are copied when something in them changes, and everything
 * else is shared with the tree below: what is the same object in both did not change, which makes the comparison
 * that becomes the layer as cheap as the layer is small. Nodes are replaced and never changed in place.
 */
export class DraftTree {
  /** The tree below the layer; stays as it is. */
  readonly lower: FolderNode;
  #root: FolderNode;
  /** True when one file was put under several names. Files are told apart only then, which takes memory for each. */
  hasLinks = false;
  readonly #owned = new Set<FolderNode>();
  readonly #fresh = new Set<FolderNode>();

  constructor(lower: FolderNode) {
    this.lower = lower;
    this.#root = lower;
  }

  /** The tree as it is now. Only to be read. */
  get tree(): FolderNode {
    return this.#root;
  }

  /** The tree as it is now, which later changes leave as it is. */
  snapshot(): FolderNode {
    this.#owned.clear();
    return this.#root;
  }

  /** A directory that may be written to. Missing parents come into being as 0755 0:0; links are not followed. */
  writable(path: string): FolderNode {
    let folder = this.#ownRoot();
    for (const name of pathComponents(path)) folder = this.#ownChild(folder, name);
    return folder;
  }

  /** The writable directory of a name in a writable directory. */
  writableChild(folder: FolderNode, name: string): FolderNode {
    return this.#ownChild(folder, name);
  }

  /** A directory made for this layer, without anything in it. */
  freshFolder(mode: number, uid: number, gid: number): FolderNode {
    const folder: FolderNode = { type: "folder", mode, uid, gid, mtime: 0, children: new Map() };
    this.#owned.add(folder);
    this.#fresh.add(folder);
    return folder;
  }

  /**
   * True when a directory was made for this layer, so that nothing of a directory of the same name below shines
   * through.
   */
  isFresh(folder: FolderNode): boolean {
    return this.#fresh.has(folder);
  }

  /** Puts a node at a path that is not the root, in place of what is there. */
  set(path: string, node: TreeNode): void {
    const names = pathComponents(path);
    const last = names.pop();
    if (last === undefined) throw new TypeError("the root of a tree cannot be replaced");
    this.writable(names.join("/")).children.set(last, node);
  }

  /** Removes what is at a path. False where there was nothing. */
  remove(path: string): boolean {
    const names = pathComponents(path);
    const last = names.pop();
    if (last === undefined) throw new TypeError("the root of a tree cannot be removed");
    let folder: TreeNode | undefined = this.#root;
    for (const name of names) folder = folder?.type === "folder" ? folder.children.get(name) : undefined;
    if (folder?.type !== "folder" || !folder.children.has(last)) return false;
    return this.writable(names.join("/")).children.delete(last);
  }

  #ownRoot(): FolderNode {
    if (!this.#owned.has(this.#root)) this.#root = this.#own(this.#root);
    return this.#root;
  }

  #ownChild(folder: FolderNode, name: string): FolderNode {
    const child = folder.children.get(name);
    if (child?.type === "folder" && this.#owned.has(child)) return child;
    const owned = child?.type === "folder" ? this.#own(child) : this.freshFolder(0o755, 0, 0);
    folder.children.set(name, owned);
    return owned;
  }

  #own(folder: FolderNode): FolderNode {
    const copy: FolderNode = { ...folder, children: new Map(folder.children) };
    this.#owned.add(copy);
    if (this.#fresh.has(folder)) this.#fresh.add(copy);
    return copy;
  }
}

/** The state that an operation works on. */
export interface LayerState {
  readonly draft: DraftTree;
  readonly platform: Platform;
  readonly files: FileSource;
  /** True when the stage starts from nothing, for messages. */
  readonly fromScratch: boolean;
  /** The finished tree of another stage. */
  stageTree(stage: string): FolderNode;
  /** The ids of an owner as the image knows them at this point. */
  idsOf(owner: Owner, origin: Origin | undefined): Ids;
}

/** The ids of an owner as the image knows them at this point; root without an owner. */
export function ownerOf(state: LayerState, owner: Owner | undefined, origin?: Origin): Ids {
  return owner === undefined ? { uid: 0, gid: 0 } : state.idsOf(owner, origin);
}
