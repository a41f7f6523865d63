import { readFileNodeNow } from "../../layer/read-node.js";
import type { FileNode, FolderNode, LayerBytes, NodeContent, PlainTar } from "../../layer/tree-node.js";
import type { RuntimeConfig } from "../../oci/image-config.js";
import type { Platform } from "../../oci/platform.js";
import type { OpenableBase } from "../stages/open-base.js";
import type { UnknownRegions } from "./unknown-regions.js";

/** An image on disk, looked into at once. */
export interface LocalBase {
  readonly tree: FolderNode;
  readonly config: RuntimeConfig;
  /** Bottom first; `size` is that of the plain tar in bytes. */
  readonly layers: readonly { readonly diffId: string; readonly size: number }[];
}

/** Looks into bases at once; one in a registry is not here, where it gives none. */
export interface LocalBases {
  open(
    base: OpenableBase,
    platform: Platform,
  ): (LocalBase & { readonly unknown?: UnknownRegions }) | undefined;
}

/** Files of a base, which are read one by one when somebody asks. */
export class BaseFiles implements LayerBytes {
  readonly #read: (path: string) => Uint8Array;
  readonly #paths: string[] = [];

  /** @param read gives the bytes of a file by its path in the base */
  constructor(read: (path: string) => Uint8Array) {
    this.#read = read;
  }

  /** The content of the file at a path. */
  contentOf(path: string): NodeContent {
    return { kind: "layer", layer: this, offset: this.#paths.push(path) - 1 };
  }

  /** The bytes of a content that `contentOf` gave. */
  read(offset: number): Uint8Array {
    return this.#read(this.#paths[offset]!);
  }

  spool(): Promise<PlainTar> {
    return Promise.reject(new TypeError("the files of this base are read one by one"));
  }
}

/** The bytes of a file whose content is known. */
export function bytesNow(node: FileNode): Uint8Array {
  const { content } = node;
  if (content.kind === "layer" && content.layer instanceof BaseFiles)
    return content.layer.read(content.offset);
  return readFileNodeNow(node);
}
