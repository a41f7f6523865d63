import { BlobFetcher } from "../../adapters/bases/registry-bases.js";
import { limited } from "../../adapters/outputs/registry-output.js";
import { isIndexType, readIndex, readManifest, toDocument } from "../../oci/documents.js";
import type { Descriptor } from "../../oci/manifest.js";
import { canonicalReference, type Reference } from "../../oci/reference.js";
import type { Progress } from "../../ports/progress.js";
import type { Registry, RegistryDocument } from "../../ports/registry.js";
import { withWorkspace } from "../workspace.js";
import type { RegistryOptions } from "./open-registry.js";

/** How an image is copied. */
export interface CopyOptions extends RegistryOptions {
  /** The directory of the store, which blobs go through that have to be sent. @default - LAYERWRIGHT_CACHE, else the user's cache directory */
  readonly store?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: Progress | undefined;
}

/** Blobs on their way at the same time. */
const AT_ONCE = 8;
/** Layers that may not be passed on; registries do not ask for them. */
const FOREIGN = /(?:nondistributable|foreign)/;

/** Makes everything be in a repository that a document of another one names; gives the bytes that were sent. */
export async function copyContents(
  top: RegistryDocument,
  from: Reference,
  to: Reference,
  registry: Registry,
  options: CopyOptions,
): Promise<number> {
  const { signal, store: folder, progress } = options;
  const children: RegistryDocument[] = [];
  const blobs = new Map<string, Descriptor>();
  await collect(top, from, registry, children, blobs, signal);
  return withWorkspace({ store: folder, registry, progress }, async ({ store }) => {
    const fetcher = new BlobFetcher(store, async () => registry, progress);
    let sent = 0;
    await limited(
      AT_ONCE,
      [...blobs.values()],
      async (descriptor, own) => {
        const bytes = async function* (offset: number) {
          let at = 0;
          for await (const chunk of fetcher.blob(from, descriptor, { transient: true })) {
            if (at + chunk.length > offset) yield chunk.subarray(Math.max(0, offset - at));
            at += chunk.length;
          }
        };
        const outcome = await registry.upload(to, { descriptor, bytes }, { signal: own, mountFrom: [from] });
        if (outcome === "uploaded") sent += descriptor.size;
      },
      signal,
    );
    // Inner ones first: an index is taken only where its manifests are.
    for (const child of children.reverse()) {
      const { domain, path } = to;
      await registry.putDocument({ domain, path, digest: child.descriptor.digest }, child, signal);
    }
    return sent;
  });
}

async function collect(
  { descriptor, bytes }: RegistryDocument,
  from: Reference,
  registry: Registry,
  children: RegistryDocument[],
  blobs: Map<string, Descriptor>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const json = toDocument(canonicalReference(from), `the document ${descriptor.digest}`, bytes);
  if (!isIndexType(descriptor.mediaType)) {
    const { config, layers } = readManifest(json, descriptor.mediaType);
    for (const blob of [config, ...layers]) if (!FOREIGN.test(blob.mediaType)) blobs.set(blob.digest, blob);
    return;
  }
  for (const { digest } of readIndex(json, descriptor.mediaType).manifests) {
    const { domain, path } = from;
    const child = await registry.document({ domain, path, digest }, signal);
    children.push(child);
    await collect(child, from, registry, children, blobs, signal);
  }
}
