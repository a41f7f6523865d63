import { createHash } from "node:crypto";
import { type LayerItem, toTarItems } from "../../layer/layer-item.js";
import { tarBlocks } from "../../tar/tar-blocks.js";
import { layerKey } from "../pack/layer-key.js";
import { racyItems } from "../pack/racy-files.js";
import type { BuildPorts } from "../ports.js";

const KIND = "content-1";

/**
 * A digest over entries and their contents, the same on every machine. Files of the host are read for it once, and
 * not again while their stamps stay the same. Undefined where a content cannot be named.
 */
export async function contentKey(
  items: readonly LayerItem[],
  listedAt: number,
  { store }: BuildPorts,
): Promise<string | undefined> {
  const hostFiles = items.filter(({ content }) => content?.kind === "file");
  const others = items.map((item) => (item.content?.kind === "file" ? { entry: item.entry } : item));
  const known = layerKey(others, KIND);
  if (known === undefined || hostFiles.length === 0) return known;
  const stamps = layerKey(hostFiles, KIND);
  if (stamps === undefined) return undefined;
  const settled = racyItems(hostFiles, listedAt).length === 0;
  const noted = settled ? await store.getRecord(KIND, stamps) : undefined;
  if (typeof noted === "string") return `${known}.${noted}`;
  const hash = createHash("sha256");
  for (const block of tarBlocks(await toTarItems(hostFiles))) hash.update(block);
  const digest = hash.digest("hex");
  if (settled) await store.putRecord(KIND, stamps, digest);
  return `${known}.${digest}`;
}
