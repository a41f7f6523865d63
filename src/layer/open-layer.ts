import { IntegrityError } from "../errors/layerwright-error.js";
import type { LayerEncoding } from "../oci/media-type.js";
import type { BaseLayer } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";
import { applyLayer } from "./apply.js";
import { decodeLayer } from "./encode/decode.js";
import { indexLayer } from "./index-layer.js";
import type { LayerIndex } from "./layer-index.js";
import { fromIndexRecord, LAYER_INDEX_KIND, toIndexRecord } from "./layer-index-record.js";
import { SpooledLayer } from "./spooled-layer.js";
import { emptyTree } from "./tree.js";
import type { FolderNode, LayerBytes, PlainTar } from "./tree-node.js";
import { noteVerified, stampOf, verifyPlain } from "./verified-plain.js";

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

/** How layers are opened. */
export interface OpenLayerOptions {
  /**
   * The bytes of files will be needed (e.g. squash `"all"`): a layer that has to be unpacked for its index is kept
   * unpacked, instead of being unpacked once more later.
   */
  readonly spool?: boolean;
}

/** Opens one layer: its index comes from the store, or else from reading (and verifying) the whole layer once. */
export async function openLayer(
  layer: BaseLayer,
  store: BlobStore,
  options: OpenLayerOptions = {},
): Promise<OpenLayer> {
  const bytes = new LazyLayer(layer, store);
  try {
    const known = fromIndexRecord(await store.getRecord(LAYER_INDEX_KIND, layer.diffId), layer.diffId);
    if (known !== undefined) return { index: known, bytes, close: () => bytes.close() };
    const index = await bytes.readIndex(options.spool === true);
    await store.putRecord(LAYER_INDEX_KIND, layer.diffId, toIndexRecord(index));
    return { index, bytes, close: () => bytes.close() };
  } catch (error) {
    await bytes.close();
    throw error;
  }
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

/** The bytes of a base layer: where they lie plain on disk, or unpacked into a scratch file when first needed. */
class LazyLayer implements LayerBytes {
  readonly #layer: BaseLayer;
  readonly #spooled: SpooledLayer;
  readonly #store: BlobStore;
  #index: LayerIndex | undefined;
  #verified: Promise<void> | undefined;

  constructor(layer: BaseLayer, store: BlobStore) {
    this.#layer = layer;
    this.#store = store;
    this.#spooled = new SpooledLayer(store, async (sink) => {
      this.#index = await this.#read(sink);
    });
  }

  async spool(): Promise<PlainTar> {
    const { plain } = this.#layer;
    if (plain === undefined) return this.#spooled.spool();
    this.#verified ??= verifyPlain(this.#layer, plain, this.#store);
    await this.#verified;
    return plain;
  }

  async readIndex(keepUnpacked: boolean): Promise<LayerIndex> {
    const { plain } = this.#layer;
    if (plain !== undefined) {
      const stamp = stampOf(plain.path);
      const index = await this.#read();
      await noteVerified(this.#layer, plain, this.#store, stamp);
      return index;
    }
    if (!keepUnpacked) return this.#read();
    await this.#spooled.spool();
    return this.#index!;
  }

  close(): Promise<void> {
    return this.#spooled.close();
  }

  #read(sink?: (chunk: Uint8Array) => void): Promise<LayerIndex> {
    const { diffId, encoding } = this.#layer;
    const archive = `of the layer ${diffId}`;
    const onEncoding = (found: LayerEncoding) => {
      if (found === encoding) return;
      throw new IntegrityError(
        "LAYER_ENCODING_WRONG",
        { layer: diffId, said: encoding, found },
        { subject: diffId },
      );
    };
    // The decoder of zstd holds on to its input; gzip and tar are used up at once.
    const blob = this.#layer.blob({ transient: encoding !== "zstd" });
    return indexLayer(decodeLayer(blob, { archive, onEncoding, transient: true }), diffId, sink);
  }
}
