import { isImage } from "../adapters/bases-disk/choose-image.js";
import { toDocument } from "../adapters/bases-disk/json-document.js";
import { isIndexType, readIndex, readManifest } from "../adapters/bases-disk/manifest-document.js";
import { storedDocument } from "../adapters/bases-registry/stored-document.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { ImageManifest } from "../oci/manifest.js";
import { type Platform, parsePlatform, platformText } from "../oci/platform.js";
import { canonicalReference, type Reference } from "../oci/reference.js";
import type { BaseImage } from "../ports/base-source.js";
import type { Workspace } from "./workspace.js";

/** One image that a reference leads to, for one platform. */
export interface RegistryImage {
  readonly platform: Platform;
  readonly digest: string;
  readonly manifest: ImageManifest;
  readonly image: BaseImage;
}

/** Everything that a reference leads to: an image a platform. Attestations are left out, as they are of other bytes. */
export async function registryImages(
  reference: Reference,
  { bases, registry, store }: Pick<Workspace, "bases" | "registry" | "store">,
): Promise<{
  readonly digest: string;
  readonly images: readonly RegistryImage[];
}> {
  const name = canonicalReference(reference);
  const { domain, path } = reference;
  const document = await storedDocument({ store, registry }, reference);
  const { digest, mediaType } = document.descriptor;
  const isIndex = isIndexType(mediaType);
  const json = toDocument(name, `the ${isIndex ? "index" : "manifest"} ${digest}`, document.bytes);
  const offered: readonly Descriptor[] = isIndex
    ? readIndex(json, mediaType).manifests.filter(isImage)
    : [document.descriptor];
  const images: RegistryImage[] = [];
  for (const descriptor of offered) {
    const own = await storedDocument({ store, registry }, { domain, path, digest: descriptor.digest });
    const title = `the manifest ${descriptor.digest}`;
    const manifest = readManifest(toDocument(name, title, own.bytes), own.descriptor.mediaType);
    const platform = descriptor.platform ?? (await platformOf(name, reference, manifest, registry));
    const location = { kind: "registry" as const, reference: `${domain}/${path}`, digest: descriptor.digest };
    images.push({
      platform,
      digest: descriptor.digest,
      manifest,
      image: await bases.open(location, platform),
    });
  }
  return { digest, images };
}

/** What the config says, which is small. */
async function platformOf(
  name: string,
  from: Reference,
  { config }: ImageManifest,
  registry: Workspace["registry"],
): Promise<Platform> {
  const pieces: Buffer[] = [];
  await (await registry()).download(from, config, (chunk) => void pieces.push(Buffer.from(chunk)));
  const { value } = toDocument(name, `the config ${config.digest}`, Buffer.concat(pieces));
  const { os, architecture, variant } = value as unknown as Partial<Platform>;
  return parsePlatform(platformText({ os, architecture, ...(variant && { variant }) } as Platform));
}
