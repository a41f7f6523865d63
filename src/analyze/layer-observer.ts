import type { Origin } from "../errors/origin.js";
import { fileDigests } from "../layer/file-digests.js";
import { openLayer } from "../layer/open-layer.js";
import type { Digest } from "../oci/digest.js";
import type { BaseLayer } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { ObservedEntry, ObservedLayer } from "./observed-image.js";

/** What is known of a layer besides its bytes. */
export interface LayerNotes {
  readonly description?: string | undefined;
  readonly planLayer?: string | undefined;
  readonly inherited: boolean;
  readonly outside?: boolean | undefined;
  /** Bytes of the plain tar, where somebody knows; else they are read. */
  readonly uncompressedSize?: number | undefined;
  readonly originOf?: (path: string) => Origin | undefined;
}

/** Looks into layers through a store that remembers what is in them. Layers that are equal are read once. */
export class LayerObserver {
  readonly #store: BlobStore;
  readonly #sizes = new Map<Digest, Promise<number>>();
  readonly #entries = new Map<Digest, Promise<readonly ObservedEntry[]>>();

  constructor(store: BlobStore) {
    this.#store = store;
  }

  /** @throws {IntegrityError} when the layer's bytes are not what its digest says */
  async observe(layer: BaseLayer, notes: LayerNotes): Promise<ObservedLayer> {
    const { diffId, descriptor } = layer;
    const { description, planLayer, inherited, outside, originOf = () => undefined } = notes;
    return {
      diffId,
      digest: descriptor.digest,
      size: descriptor.size,
      uncompressedSize: notes.uncompressedSize ?? (await this.#size(layer)),
      inherited,
      originOf,
      entries: () => this.#entriesOf(layer),
      open: () => openLayer(layer, this.#store),
      ...(description === undefined ? {} : { description }),
      ...(planLayer === undefined ? {} : { planLayer }),
      ...(outside === undefined ? {} : { outside }),
    };
  }

  #size(layer: BaseLayer): Promise<number> {
    return once(this.#sizes, layer.diffId, async () => {
      const { index, close } = await openLayer(layer, this.#store);
      await close();
      return index.size;
    });
  }

  #entriesOf(layer: BaseLayer): Promise<readonly ObservedEntry[]> {
    return once(this.#entries, layer.diffId, async () => {
      const { index, close } = await openLayer(layer, this.#store);
      await close();
      const digests = await fileDigests(layer, index.entries.length, this.#store);
      return index.entries.map(({ entry }, at) => {
        const sha256 = digests[at];
        return sha256 === undefined || sha256 === "" ? entry : { ...entry, sha256 };
      });
    });
  }
}

function once<T>(known: Map<Digest, Promise<T>>, key: Digest, make: () => Promise<T>): Promise<T> {
  let made = known.get(key);
  if (made === undefined) {
    made = make();
    known.set(key, made);
  }
  return made;
}
