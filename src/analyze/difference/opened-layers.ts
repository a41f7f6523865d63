import type { LayerIndex } from "../../archive/layer-index.js";
import type { LayerBytes } from "../../archive/open-layer.js";
import { getOrMake } from "../../core/grouped.js";
import type { FileNode } from "../../rootfs/tree.js";
import type { ObservedImage, ObservedLayer } from "../observed-image.js";

/** An image as a comparison needs it: that of an earlier build may have layers whose unpacked size nobody knows. */
export type ComparedImage = Omit<ObservedImage, "layers"> & { readonly layers: readonly ComparedLayer[] };

/** One layer of a compared image. */
export type ComparedLayer = Omit<ObservedLayer, "uncompressedSize"> & { readonly uncompressedSize?: number };

/** A layer that was opened for a comparison. */
export interface OpenedLayer {
  readonly layer: ComparedLayer;
  readonly index: LayerIndex;
  /** The place of its files' contents; also what tells its files from those of other layers. */
  readonly bytes: LayerBytes;
}

/** The layers of two images while they are compared; each is opened when it is first asked for, and once. */
export class OpenedLayers {
  readonly #opened = new Map<string, Promise<OpenedLayer>>();
  readonly #byBytes = new Map<LayerBytes, OpenedLayer>();
  readonly #places = new Map<OpenedLayer, ReadonlyMap<number, number>>();
  readonly #closers: (() => Promise<void>)[] = [];

  open(layer: ComparedLayer): Promise<OpenedLayer> {
    return getOrMake(this.#opened, layer.diffId, async () => {
      const opened = await this.#read(layer);
      this.#byBytes.set(opened.bytes, opened);
      return opened;
    });
  }

  /** The sha256 of a file's content in hex. Computed for all files of its layer at once. */
  async digestOf({ content }: FileNode): Promise<string | undefined> {
    if (content.kind !== "layer") return undefined;
    const opened = this.#byBytes.get(content.layer);
    if (opened === undefined) return undefined;
    const entries = await opened.layer.entries();
    return entries[this.#placesOf(opened).get(content.offset) ?? -1]?.sha256;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }

  async #read(layer: ComparedLayer): Promise<OpenedLayer> {
    if (layer.open !== undefined) {
      const { index, bytes, close } = await layer.open();
      this.#closers.push(close);
      return { layer, index, bytes };
    }
    // Where only the entries are known, the place of an entry stands for that of its content.
    const entries = (await layer.entries()).map((entry, offset) => ({ entry, offset }));
    const index = { diffId: layer.diffId, size: layer.uncompressedSize ?? 0, entries };
    return { layer, index, bytes: unreadable(layer.diffId) };
  }

  /** Places of entries by where their contents are. */
  #placesOf(opened: OpenedLayer): ReadonlyMap<number, number> {
    return getOrMake(this.#places, opened, () => {
      const { entries } = opened.index;
      // Only files that have bytes have a place of their own.
      return new Map(entries.flatMap(({ entry, offset }, at) => (entry.size > 0 ? [[offset, at]] : [])));
    });
  }
}

function unreadable(diffId: string): LayerBytes {
  return { spool: () => Promise.reject(new TypeError(`the bytes of the layer ${diffId} are not at hand`)) };
}
