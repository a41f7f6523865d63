import { isImage } from "../adapters/bases-disk/choose-image.js";
import { platformFit } from "../adapters/bases-disk/choose-platform.js";
import { readConfig } from "../adapters/bases-disk/config-document.js";
import { type JsonDocument, MAX_DOCUMENT, toDocument } from "../adapters/bases-disk/json-document.js";
import {
  isIndexType,
  isManifestType,
  readIndex,
  readManifest,
} from "../adapters/bases-disk/manifest-document.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { LockedImage, LockedPlatform } from "../lock/lock.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { ImageManifest } from "../oci/manifest.js";
import { parsePlatform, platformText } from "../oci/platform.js";
import { parseReference } from "../oci/reference.js";
import type { Registry, RegistryDocument } from "../ports/registry.js";

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
  const at = (digest: string) => registry.document({ domain, path, digest }, signal);
  const top = await (known === undefined
    ? registry.document({ domain, path, ...(tag === undefined ? {} : { tag }) }, signal)
    : at(known.digest));
  const found: Record<string, LockedPlatform> = { ...known?.platforms };
  if (isIndexType(top.descriptor.mediaType)) {
    const { manifests } = readIndex(documentOf(reference, "the index", top), top.descriptor.mediaType);
    for (const platform of platforms) {
      const chosen = chooseManifest(reference, manifests, platform);
      found[platform] = lockedPlatform(reference, await at(chosen.digest));
    }
  } else {
    const one = lockedPlatform(reference, top);
    const offered = await platformOf(reference, top, registry, signal);
    for (const platform of platforms) {
      if (platformFit(offered, parsePlatform(platform)) === 0)
        throw missing(reference, platform, [platformText(offered)]);
      found[platform] = one;
    }
  }
  return { digest: top.descriptor.digest, platforms: found };
}

/** The manifest in a document of a registry. */
export function manifestOf(reference: string, document: RegistryDocument): ImageManifest {
  return readManifest(documentOf(reference, "the manifest", document), document.descriptor.mediaType);
}

function lockedPlatform(reference: string, document: RegistryDocument): LockedPlatform {
  const { layers } = manifestOf(reference, document);
  return { digest: document.descriptor.digest, size: layers.reduce((sum, { size }) => sum + size, 0) };
}

function chooseManifest(reference: string, manifests: readonly Descriptor[], platform: string): Descriptor {
  const wanted = parsePlatform(platform);
  const images = manifests.filter((one) => isImage(one) && isManifestType(one.mediaType));
  let best: { readonly descriptor: Descriptor; readonly fit: number } | undefined;
  for (const descriptor of images) {
    // Some tools write null.
    const offered = descriptor.platform ?? undefined;
    const fit = offered === undefined ? 0 : platformFit(offered, wanted);
    if (fit > (best?.fit ?? 0)) best = { descriptor, fit };
  }
  if (best !== undefined) return best.descriptor;
  const offered = images.flatMap(({ platform: one }) =>
    (one ?? undefined) === undefined ? [] : [platformText(one!)],
  );
  throw missing(reference, platform, [...new Set(offered)].sort());
}

/** What the config of a lone manifest says it runs on: there is no index that would say it. */
async function platformOf(
  reference: string,
  document: RegistryDocument,
  registry: Registry,
  signal: AbortSignal | undefined,
) {
  const { config, layers } = manifestOf(reference, document);
  if (config.size > MAX_DOCUMENT) {
    const reason = `its config has ${config.size} bytes, more than ${MAX_DOCUMENT}`;
    throw new PlanError("BASE_UNSUPPORTED", { path: reference, reason }, { subject: reference });
  }
  const chunks: Uint8Array[] = [];
  await registry.download(
    parseReference(reference),
    config,
    (chunk) => void chunks.push(Uint8Array.from(chunk)),
    { signal },
  );
  const read = readConfig(toDocument(reference, "the config", Buffer.concat(chunks)), layers.length);
  const { os, architecture, variant } = read;
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

function documentOf(reference: string, name: string, { bytes }: RegistryDocument): JsonDocument {
  return toDocument(reference, name, bytes);
}

function missing(reference: string, platform: string, platforms: readonly string[]): Error {
  return new PlanError(
    "BASE_PLATFORM_MISSING",
    { path: reference, platform, platforms },
    { subject: reference },
  );
}
