// What an image weighs. Its blobs and layers are checked by the bench's own reader on the way.
import { checkImage } from "../../bench/check-image.mjs";

/**
 * Bytes of the layers of some archives together: plain tars and compressed blobs. A layer that several of them have is
 * counted once, as a registry or a host keeps it.
 */
export async function weigh(archives) {
  const layers = new Map();
  for (const archive of archives) {
    for (const layer of (await checkImage(archive)).layers) layers.set(layer.digest, layer);
  }
  const sum = (figure) => [...layers.values()].reduce((total, layer) => total + layer[figure], 0);
  return { unpacked: sum("unpacked"), compressed: sum("size"), layers: layers.size };
}
