import { createHash } from "node:crypto";
import { type RemoteImage, remoteReader } from "../../adapters/bases/registry-bases.js";
import type { Lock, LockedFile, LockedImage, LockedPlatform } from "../../lock/lock.js";
import type { LockEntry } from "../../lock/lock-needs.js";
import { chooseImage } from "../../oci/choose-image.js";
import { readManifest, toDocument } from "../../oci/documents.js";
import type { Descriptor, ImageManifest } from "../../oci/manifest.js";
import { parsePlatform } from "../../oci/platform.js";
import { familiarReference, parseReference } from "../../oci/reference.js";
import { redactUrl } from "../../plan/operation.js";
import type { BlobStore } from "../../ports/blob-store.js";
import type { Downloader } from "../../ports/file-source.js";
import type { Progress } from "../../ports/progress.js";
import type { Registry, RegistryDocument } from "../../ports/registry.js";
import type { LookUpOptions } from "../options.js";
import { openDownloads, openRegistry } from "../registry/open-registry.js";

/** The lock with the entries that it lacks, looked up outside: references side by side, then files. */
export async function addToLock(
  lock: Lock,
  missing: readonly LockEntry[],
  options: LookUpOptions,
): Promise<Lock> {
  return {
    ...lock,
    images: { ...lock.images, ...(await lookUpImages(lock, missing, options)) },
    files: { ...lock.files, ...(await fetchFiles(missing, options)) },
  };
}

async function lookUpImages(
  lock: Lock,
  missing: readonly LockEntry[],
  options: LookUpOptions,
): Promise<Record<string, LockedImage>> {
  const wanted = new Map<string, string[]>();
  for (const entry of missing) {
    if (entry.kind === "image")
      wanted.set(entry.reference, [...(wanted.get(entry.reference) ?? []), entry.platform]);
  }
  if (wanted.size === 0) return {};
  const { registry: given, registries, progress, signal } = options;
  const registry = await openRegistry({ registry: given, registries, progress });
  try {
    const found = await Promise.all(
      Array.from(wanted, async ([reference, platforms]) => {
        const label = `look up ${familiarReference(reference)}`;
        progress?.report({ kind: "start", id: reference, label });
        const known = lock.images[reference];
        const image = await resolveImage(reference, platforms, registry, { known, signal });
        progress?.report({ kind: "finish", id: reference, label });
        return [reference, image] as const;
      }),
    );
    return Object.fromEntries(found);
  } finally {
    // What was given is not ours to close.
    if (given === undefined) await registry.close();
  }
}

async function fetchFiles(
  missing: readonly LockEntry[],
  options: LookUpOptions,
): Promise<Record<string, LockedFile>> {
  const urls = missing.flatMap((entry) => (entry.kind === "file" ? [entry.url] : []));
  if (urls.length === 0) return {};
  const { openStore } = await import("../workspace.js");
  const own = openDownloads({ registries: options.registries });
  const downloads = options.downloads ?? own;
  const store = await openStore(options.store);
  try {
    const files: Record<string, LockedFile> = {};
    for (const url of urls) files[url] = await fetchFile(url, downloads, store, options);
    return files;
  } finally {
    own.close();
    await store.close();
  }
}

/**
 * What a full reference names, for some platforms. A tag is asked once: from there on only digests are, since a tag can
 * move between two questions. With `known` the tag is not asked at all.
 *
 * @throws {PlanError} BASE_PLATFORM_MISSING
 * @throws {RegistryError} when the registry does not have it or cannot be reached
 */
export async function resolveImage(
  reference: string,
  platforms: readonly string[],
  registry: Registry,
  options: { readonly known?: LockedImage | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<LockedImage> {
  const { domain, path, tag } = parseReference(reference);
  const { known, signal } = options;
  const document = (digest: string) => registry.document({ domain, path, digest }, signal);
  const config = async (descriptor: Descriptor) => {
    const chunks: Uint8Array[] = [];
    const sink = (chunk: Uint8Array) => void chunks.push(Uint8Array.from(chunk));
    await registry.download({ domain, path }, descriptor, sink, { signal });
    return Buffer.concat(chunks);
  };
  const top = await (known === undefined
    ? registry.document({ domain, path, ...(tag === undefined ? {} : { tag }) }, signal)
    : document(known.digest));
  const reader = remoteReader(reference, top, { document, config });
  const found: Record<string, LockedPlatform> = { ...known?.platforms };
  for (const text of platforms) {
    const chosen = await chooseImage([top.descriptor], { platform: parsePlatform(text) }, reader);
    found[text] = lockedPlatform(await chosen.read());
  }
  return { digest: top.descriptor.digest, platforms: found };
}

/** The manifest in a document of a registry. */
export function manifestOf(reference: string, document: RegistryDocument): ImageManifest {
  const { descriptor, bytes } = document;
  return readManifest(toDocument(reference, "the manifest", bytes), descriptor.mediaType);
}

function lockedPlatform({ manifest: { descriptor, value } }: RemoteImage): LockedPlatform {
  return { digest: descriptor.digest, size: value.layers.reduce((sum, { size }) => sum + size, 0) };
}

/** Fetches a file whose sha256 nobody knows yet. It goes into the store, so that the build need not fetch it again. */
async function fetchFile(
  url: string,
  downloads: Downloader,
  store: BlobStore,
  options: { readonly progress?: Progress | undefined; readonly signal?: AbortSignal | undefined },
): Promise<LockedFile> {
  const { progress, signal } = options;
  const label = redactUrl(url);
  progress?.report({ kind: "start", id: url, label });
  const hash = createHash("sha256");
  let size = 0;
  const writer = await store.writer();
  try {
    for await (const chunk of downloads.fetch(url, signal)) {
      signal?.throwIfAborted();
      hash.update(chunk);
      size += chunk.length;
      writer.write(chunk);
      progress?.report({ kind: "advance", id: url, bytes: size });
    }
    await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
  progress?.report({ kind: "finish", id: url, label });
  return { sha256: hash.digest("hex"), size };
}
