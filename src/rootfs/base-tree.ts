import { type OpenLayer, type OpenLayerOptions, openLayer } from "../archive/open-layer.js";
import type { BaseLayer } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";
import { applyLayer } from "./apply-layer.js";
import { emptyTree, type FolderNode } from "./tree.js";

/** Layers of a base, bottom first, and the union of them. */
interface OpenBase {
  readonly tree: FolderNode;
  readonly layers: readonly OpenLayer[];
  close(): Promise<void>;
}

/** Layers that are unpacked at the same time; more would only wait for each other's processor. */
const SIDE_BY_SIDE = 4;

/** Opens the layers of a base side by side and lays them over each other. */
export async function openBase(
  layers: readonly BaseLayer[],
  store: BlobStore,
  options: OpenLayerOptions = {},
): Promise<OpenBase> {
  const opened = new Map<number, OpenLayer>();
  const pending = Array.from(layers.entries());
  const close = async () => {
    for (const layer of opened.values()) await layer.close();
  };
  const worker = async () => {
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const [at, layer] = next;
      opened.set(at, await openLayer(layer, store, options));
    }
  };
  const results = await Promise.allSettled(
    Array.from({ length: Math.min(SIDE_BY_SIDE, layers.length) }, worker),
  );
  try {
    for (const result of results) if (result.status === "rejected") throw result.reason;
    const tree = emptyTree();
    const ordered = layers.map((_, at) => opened.get(at)!);
    for (const layer of ordered) applyLayer(tree, layer.index, layer.bytes);
    return { tree, layers: ordered, close };
  } catch (error) {
    await close();
    throw error;
  }
}
