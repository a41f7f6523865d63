import type { BaseLayer } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { LayerIndex } from "./layer-index.js";
import type { FolderNode, LayerBytes } from "./tree-node.js";

/** A base layer that can be applied and read from. */
export interface OpenLayer {
  readonly index: LayerIndex;
  readonly bytes: LayerBytes;
  /** Drops the scratch file, if one was made. */
  close(): Promise<void>;
}

/** Layers of a base, bottom first, and the union of them. */
export interface OpenBase {
  readonly tree: FolderNode;
  readonly layers: readonly OpenLayer[];
  close(): Promise<void>;
}

/** Opens one layer: its index from the store, or else made by reading (and verifying) the layer once. */
export async function openLayer(layer: BaseLayer, store: BlobStore): Promise<OpenLayer> {
  throw new Error(`not yet ${layer.diffId} ${store}`);
}

/** Opens the layers of a base side by side and lays them over each other. */
export async function openBase(layers: readonly BaseLayer[], store: BlobStore): Promise<OpenBase> {
  throw new Error(`not yet ${layers.length} ${store}`);
}
