import { createHash } from "node:crypto";
import { IntegrityError } from "../errors/layerwright-error.js";
import type { Digest } from "../oci/digest.js";
import { TarParser } from "../tar/tar-parser.js";
import type { IndexedEntry, LayerIndex } from "./layer-index.js";

/**
 * Reads a layer's plain tar once: what is in it and where. Throws `DIFF_ID_WRONG` when the bytes are not the ones
 * that the image's config names, and the tar reader's errors for a damaged tar.
 *
 * @param sink is given every piece of the tar as well, e.g. to write it to a scratch file
 */
export async function indexLayer(
  bytes: AsyncIterable<Uint8Array>,
  diffId: Digest,
  sink?: (chunk: Uint8Array) => void,
): Promise<LayerIndex> {
  const entries: IndexedEntry[] = [];
  const parser = new TarParser(
    { entry: (entry, { data }) => void entries.push({ entry, offset: data }) },
    `of the layer ${diffId}`,
  );
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    size += chunk.length;
    parser.feed(chunk);
    sink?.(chunk);
  }
  parser.end();
  const found = `sha256:${hash.digest("hex")}`;
  if (found !== diffId) throw new IntegrityError("DIFF_ID_WRONG", { diffId, found }, { subject: diffId });
  return { diffId, size, entries };
}
