import { chooseImage } from "../adapters/bases-disk/choose-image.js";
import { toDocument } from "../adapters/bases-disk/json-document.js";
import { readManifest } from "../adapters/bases-disk/manifest-document.js";
import { type RemoteImage, remoteReader } from "../adapters/bases-registry/remote-image.js";
import type { LockedImage, LockedPlatform } from "../lock/lock.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { ImageManifest } from "../oci/manifest.js";
import { parsePlatform } from "../oci/platform.js";
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
