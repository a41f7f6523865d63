import {
  BlobFetcher,
  referenceText,
  remoteReader,
  storedDocument,
} from "../adapters/bases/registry-bases.js";
import { listImages } from "../oci/choose-image.js";
import type { ImageManifest } from "../oci/manifest.js";
import type { Platform } from "../oci/platform.js";
import type { Reference } from "../oci/reference.js";
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
  const { domain, path } = reference;
  const tools = { store, registry };
  const fetcher = new BlobFetcher(store, registry, undefined);
  const top = await storedDocument(tools, reference);
  const reader = remoteReader(referenceText(reference), top, {
    document: (digest) => storedDocument(tools, { domain, path, digest }),
    config: (descriptor) => fetcher.read(reference, descriptor),
  });
  const images: RegistryImage[] = [];
  for (const { descriptor, platform, read } of await listImages([top.descriptor], reader)) {
    const { digest } = descriptor;
    const { manifest } = await read();
    const location = { kind: "registry" as const, reference: `${domain}/${path}`, digest };
    images.push({
      platform,
      digest,
      manifest: manifest.value,
      image: await bases.open(location, platform, { acceptOnly: true }),
    });
  }
  return { digest: top.descriptor.digest, images };
}
