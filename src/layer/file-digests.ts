import { createHash, type Hash } from "node:crypto";
import type { BaseLayer } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";
import { TarParser } from "../tar/tar-parser.js";
import { decodeLayer } from "./encode/decode.js";

/** The kind of the store's records that hold the digests of a layer's files. */
const KIND = "file-digests-1";

/**
 * The sha256 of every file of a layer in hex, in the order of its entries; empty text for all that is no file. Read from
 * the whole layer once, and remembered in the store.
 *
 * @param count how many entries the layer has: a record with another number is none
 */
export async function fileDigests(
  layer: Pick<BaseLayer, "diffId" | "blob">,
  count: number,
  store: BlobStore,
): Promise<readonly string[]> {
  const known = await store.getRecord(KIND, layer.diffId);
  if (isDigestList(known) && known.length === count) return known;
  const digests = await readDigests(layer);
  await store.putRecord(KIND, layer.diffId, digests);
  return digests;
}

async function readDigests({ diffId, blob }: Pick<BaseLayer, "diffId" | "blob">): Promise<string[]> {
  const archive = `of the layer ${diffId}`;
  const digests: string[] = [];
  let hash: Hash | undefined;
  const finish = () => {
    if (hash === undefined) return;
    digests[digests.length - 1] = hash.digest("hex");
    hash = undefined;
  };
  const parser = new TarParser(
    {
      entry({ type }) {
        finish();
        digests.push("");
        if (type === "file") hash = createHash("sha256");
      },
      data: (chunk) => void hash?.update(chunk),
      entryEnd: finish,
    },
    archive,
  );
  for await (const chunk of decodeLayer(blob(), { archive })) parser.feed(chunk);
  parser.end();
  finish();
  return digests;
}

function isDigestList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((digest) => typeof digest === "string");
}
