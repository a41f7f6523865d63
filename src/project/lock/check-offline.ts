import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { Lock } from "../../lock/lock.js";
import { type Digest, isDigest } from "../../oci/digest.js";
import { readManifest, toDocument } from "../../oci/documents.js";
import { MAX_DOCUMENT, mediaType } from "../../oci/manifest.js";
import { platformText } from "../../oci/platform.js";
import { canonicalReference, parseReference } from "../../oci/reference.js";
import { redactUrl } from "../../plan/operation.js";
import { operationsOf, type Plan } from "../../plan/plan.js";
import type { BlobStore } from "../../ports/blob-store.js";
import { openStore } from "../workspace.js";

/**
 * Refuses plans that the store cannot build alone, with the whole list: files, and the layers of bases whose manifest is
 * in the store. A base whose manifest is not there is refused when it is opened.
 *
 * @throws {EnvironmentError} OFFLINE_MISSING
 */
export async function checkOffline(
  plans: readonly Plan[],
  lock: Lock,
  folder: string | undefined,
): Promise<void> {
  const store = await openStore(folder);
  try {
    const missing = new Set<string>();
    for (const plan of plans) {
      for (const gap of await missingFiles(plan, store)) missing.add(gap);
      for (const gap of await missingLayers(plan, lock, store)) missing.add(gap);
    }
    if (missing.size > 0) throw new EnvironmentError("OFFLINE_MISSING", { missing: [...missing] });
  } finally {
    await store.close();
  }
}

async function missingFiles(plan: Plan, store: BlobStore): Promise<string[]> {
  const missing: string[] = [];
  for (const operation of plan.stages.flatMap(operationsOf)) {
    if (operation.op !== "add" || operation.sha256 === undefined) continue;
    if ((await store.stat(`sha256:${operation.sha256}`)) === undefined)
      missing.push(redactUrl(operation.url));
  }
  return missing;
}

async function missingLayers(plan: Plan, lock: Lock, store: BlobStore): Promise<string[]> {
  const missing: string[] = [];
  for (const { base } of plan.stages) {
    if (base.kind !== "registry") continue;
    for (const digest of await layersInStore(
      manifestDigest(base.reference, plan, lock),
      base.reference,
      store,
    )) {
      if ((await store.stat(digest)) === undefined) missing.push(`the layer ${digest} of ${base.reference}`);
    }
  }
  return missing;
}

function manifestDigest(reference: string, plan: Plan, lock: Lock): Digest | undefined {
  const parsed = parseReference(reference);
  if (parsed.digest !== undefined) return isDigest(parsed.digest) ? parsed.digest : undefined;
  return lock.images[canonicalReference(parsed)]?.platforms[platformText(plan.platform)]?.digest;
}

/** The layers of a manifest that the store has; none where it has no such manifest. */
async function layersInStore(
  digest: Digest | undefined,
  reference: string,
  store: BlobStore,
): Promise<readonly Digest[]> {
  const size = digest === undefined ? undefined : await store.stat(digest);
  if (digest === undefined || size === undefined || size > MAX_DOCUMENT) return [];
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(digest)) chunks.push(Uint8Array.from(chunk));
  const document = toDocument(reference, "the manifest", Buffer.concat(chunks));
  if (Array.isArray(document.value) || "manifests" in document.value) return [];
  return readManifest(document, ownType(document.value)).layers.map((layer) => layer.digest);
}

function ownType(value: object): string {
  const own = (value as { readonly mediaType?: unknown }).mediaType;
  return typeof own === "string" ? own : mediaType.ociManifest;
}
