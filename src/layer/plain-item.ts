import type { TarEntry } from "../tar/tar-entry.js";
import type { LayerItem } from "./layer-item.js";
import type { FileNode, FolderNode, NodeContent } from "./tree-node.js";
import { joinPath } from "./tree-path.js";

/**
 * A file or folder that is nothing but its node under a name. Its entry is made anew for everyone who asks: a layer may
 * have a million of them, and what is made and dropped at once costs less than what is kept.
 */
export class PlainItem implements LayerItem {
  readonly #folder: string;
  readonly #name: string;
  readonly #node: FileNode | FolderNode;
  readonly #mtime: number;

  /** @param folder the path of the folder that it is in; empty for a name that is a whole path */
  constructor(folder: string, name: string, node: FileNode | FolderNode, mtime: number) {
    this.#folder = folder;
    this.#name = name;
    this.#node = node;
    this.#mtime = mtime;
  }

  get entry(): TarEntry {
    const { type, mode, uid, gid } = this.#node;
    const size = this.#node.type === "file" ? this.#node.size : 0;
    return { type, path: joinPath(this.#folder, this.#name), mode, uid, gid, size, mtime: this.#mtime };
  }

  get content(): NodeContent | undefined {
    const node = this.#node;
    return node.type === "file" && node.size > 0 ? node.content : undefined;
  }
}
