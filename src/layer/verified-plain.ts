import { statSync } from "node:fs";
import type { BaseLayer } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { PlainTar } from "./tree-node.js";

/** The kind of the store's records that say which plain tars were read and found right. */
const KIND = "plain-tar-1";

/**
 * Makes sure that a plain tar on disk is still the layer: reads and verifies it, unless the file is the one that was
 * read before (same inode, size and times; the change time cannot be set back).
 */
export async function verifyPlain(layer: BaseLayer, plain: PlainTar, store: BlobStore): Promise<void> {
  if ((await store.getRecord(KIND, keyOf(layer, plain))) === stampOf(plain.path)) return;
  const before = stampOf(plain.path);
  // Reading it to the end is what verifies it.
  for await (const _ of layer.blob({ transient: true }));
  await noteVerified(layer, plain, store, before);
}

/** Notes that a plain tar was read to its end and is the layer. `stamp` is from before the reading. */
export async function noteVerified(
  layer: BaseLayer,
  plain: PlainTar,
  store: BlobStore,
  stamp: string | undefined,
): Promise<void> {
  if (stamp !== undefined && stamp === stampOf(plain.path))
    await store.putRecord(KIND, keyOf(layer, plain), stamp);
}

/** What tells one state of a file from another. */
export function stampOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(" ");
}

function keyOf(layer: BaseLayer, plain: PlainTar): string {
  return `${layer.diffId} ${plain.offset} ${plain.path}`;
}
