import { digestOf, isDigest } from "../../oci/digest.js";
import { MAX_DOCUMENT } from "../../oci/manifest.js";
import type { Reference } from "../../oci/reference.js";
import type { BlobStore } from "../../ports/blob-store.js";
import type { Registry, RegistryDocument } from "../../ports/registry.js";

/** Where documents come from. */
export interface DocumentTools {
  readonly store: BlobStore;
  /** Asked for when something has to be fetched. */
  readonly registry: () => Promise<Registry>;
}

const KIND = "registry-document";

/** A manifest or index: out of the store where it is named by digest and was had before, else from its registry. */
export async function storedDocument(
  { store, registry }: DocumentTools,
  reference: Reference,
): Promise<RegistryDocument> {
  const kept = isDigest(reference.digest) ? await keptDocument(store, reference.digest) : undefined;
  if (kept !== undefined) return kept;
  const document = await (await registry()).document(reference);
  const { digest, mediaType } = document.descriptor;
  const writer = await store.writer();
  try {
    writer.write(document.bytes);
    await writer.commit();
  } finally {
    await writer.discard();
  }
  await store.putRecord(KIND, digest, { mediaType });
  return document;
}

async function keptDocument(
  store: BlobStore,
  digest: RegistryDocument["descriptor"]["digest"],
): Promise<RegistryDocument | undefined> {
  const record = (await store.getRecord(KIND, digest)) as { mediaType?: unknown } | undefined;
  const size = await store.stat(digest);
  if (typeof record?.mediaType !== "string" || size === undefined || size > MAX_DOCUMENT) return undefined;
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of store.read(digest)) chunks.push(Buffer.from(chunk));
  } catch {
    // Damaged: the store drops it, and the registry still has it.
    return undefined;
  }
  const bytes = Buffer.concat(chunks);
  if (digestOf(bytes) !== digest) return undefined;
  return { descriptor: { mediaType: record.mediaType, digest, size: bytes.length }, bytes };
}
