import type { EntryContent } from "../tar/entry-content.js";
import type { TarEntry } from "../tar/tar-entry.js";
import type { ItemList, TarItem } from "../tar/tar-item.js";
import type { LayerBytes, NodeContent, PlainTar } from "./tree-node.js";

/** An entry of a layer to be written, with where its bytes are; `content` is there for files that are not empty. */
export interface LayerItem {
  readonly entry: TarEntry;
  readonly content?: NodeContent | undefined;
}

/**
 * Makes the contents readable for the tar writer: files of a layer below become ranges of its plain tar, which is
 * unpacked for that (once, several layers side by side) when it is compressed.
 */
export async function toTarItems(items: readonly LayerItem[]): Promise<ItemList<TarItem>> {
  const layers = new Set<LayerBytes>();
  for (const { content } of items) if (content?.kind === "layer") layers.add(content.layer);
  // The usual case, with nothing to place.
  if (layers.size === 0) return items as readonly TarItem[];
  const places = new Map<LayerBytes, PlainTar>();
  await Promise.all(Array.from(layers, async (layer) => void places.set(layer, await layer.spool())));
  // Made one by one while they are written, and not a hundred thousand at once.
  return {
    length: items.length,
    at(index) {
      const item = items[index];
      const content = item?.content;
      return item && { entry: item.entry, content: content && placed(content, places) };
    },
  };
}

function placed(content: NodeContent, places: ReadonlyMap<LayerBytes, PlainTar>): EntryContent {
  if (content.kind !== "layer") return content;
  const { path, offset } = places.get(content.layer)!;
  return { kind: "range", path, offset: offset + content.offset };
}
