import type { Writable } from "node:stream";
import { writeFileAtomically } from "../adapters/output-disk/atomic-file.js";
import { type ByteSink, guardStream, streamSink } from "../adapters/output-disk/byte-sink.js";
import { flattenTree } from "../layer/entries.js";
import { toTarItems } from "../layer/layer-item.js";
import { openBase } from "../layer/open-layer.js";
import { layerEncodingOf } from "../oci/media-type.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { FinishedImage, ImageOutput } from "../ports/image-output.js";
import { tarBlocks } from "../tar/tar-blocks.js";

/** Writes the merged root file system of an image as one plain tar, entries in byte order, times zero. */
export function rootfsOutput(
  dest: string | Writable,
  inputs: readonly string[],
  store: BlobStore,
): ImageOutput {
  const writeAll = async (images: readonly FinishedImage[], sink: ByteSink): Promise<void> => {
    for (const image of images) await writeTree(image, sink, store);
    await sink.finish();
  };
  return {
    write: (images) =>
      typeof dest === "string"
        ? writeFileAtomically(dest, inputs, (sink) => writeAll(images, sink))
        : guardStream(dest, () => writeAll(images, streamSink(dest))),
  };
}

async function writeTree(image: FinishedImage, sink: ByteSink, store: BlobStore): Promise<void> {
  const layers = image.layers.map((layer) => ({
    ...layer,
    encoding: layerEncodingOf(layer.descriptor.mediaType),
  }));
  const { tree, close } = await openBase(layers, store, { spool: true });
  try {
    for (const block of tarBlocks(await toTarItems(flattenTree(tree)))) await sink.write(block);
  } finally {
    await close();
  }
}
