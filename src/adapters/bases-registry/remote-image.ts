import type { Descriptor } from "../../oci/descriptor.js";
import type { ImageConfig } from "../../oci/image-config.js";
import type { ImageManifest } from "../../oci/manifest.js";
import { MAX_DOCUMENT } from "../../oci/manifest.js";
import { canonicalReference, familiarReference, type Reference } from "../../oci/reference.js";
import type { RegistryDocument } from "../../ports/registry.js";
import { chooseImage, type ImageReader, type PlatformWish } from "../bases-disk/choose-image.js";
import { checkConfigType, readConfig } from "../bases-disk/config-document.js";
import { invalid } from "../bases-disk/image-files.js";
import { toDocument } from "../bases-disk/json-document.js";
import { isIndexType, readIndex, readManifest } from "../bases-disk/manifest-document.js";
import type { BlobFetcher } from "./fetch-blob.js";
import { type DocumentTools, storedDocument } from "./stored-document.js";

/** A document of an image: what it says, and its bytes, which are passed on as they are. */
export interface RemoteDocument<Value> extends RegistryDocument {
  readonly value: Value;
}

/** An image of a registry for one platform; none of its layers was fetched. */
export interface RemoteImage {
  readonly manifest: RemoteDocument<ImageManifest>;
  readonly config: RemoteDocument<ImageConfig>;
}

/** The source of the documents of one reference. */
export interface RemoteDocuments {
  /** A manifest or index of the repository by its digest. */
  document(digest: string): Promise<RegistryDocument>;
  /** The bytes of a config, which are small. */
  config(descriptor: Descriptor): Promise<Uint8Array>;
}

/** Finds the image that a reference and a platform mean. A tag is looked up once; from there on all goes by digest. */
export async function findRemoteImage(
  reference: Reference,
  wish: PlatformWish,
  tools: DocumentTools,
  fetcher: BlobFetcher,
): Promise<RemoteImage> {
  const { domain, path } = reference;
  const top = await storedDocument(tools, reference);
  const reader = remoteReader(referenceText(reference), top, {
    document: (digest) => storedDocument(tools, { domain, path, digest }),
    config: (descriptor) => fetcher.read(reference, descriptor),
  });
  const { descriptor, platform, read } = await chooseImage([top.descriptor], wish, reader);
  const { manifest, config } = await read();
  // Of an index its entry says the platform, which loaders want to know.
  const stated = descriptor.digest === top.descriptor.digest ? {} : { platform };
  return { manifest: { ...manifest, descriptor: { ...manifest.descriptor, ...stated } }, config };
}

/** A reference as messages show it. */
export function referenceText(reference: Reference): string {
  return familiarReference(canonicalReference(reference));
}

/** Reads what a document of a registry leads to. */
export function remoteReader(
  name: string,
  top: RegistryDocument,
  { document, config }: RemoteDocuments,
): ImageReader<RemoteImage> {
  const get = async ({ digest }: Descriptor) => (digest === top.descriptor.digest ? top : document(digest));
  return {
    name,
    has: () => true,
    async index(descriptor) {
      const { descriptor: own, bytes } = await get(descriptor);
      if (!isIndexType(own.mediaType)) return undefined;
      return readIndex(toDocument(name, `the index ${own.digest}`, bytes), own.mediaType);
    },
    async image(descriptor) {
      const found = await get(descriptor);
      const { digest, mediaType: type } = found.descriptor;
      const json = toDocument(name, `the manifest ${digest}`, found.bytes);
      const manifest = { ...found, value: readManifest(json, type) };
      return { manifest, config: await remoteConfig(name, manifest.value, config) };
    },
    platformOf: ({ config: { value } }) => value,
  };
}

async function remoteConfig(
  name: string,
  { config, layers }: ImageManifest,
  read: RemoteDocuments["config"],
): Promise<RemoteDocument<ImageConfig>> {
  checkConfigType(name, config);
  const title = `the config ${config.digest}`;
  if (config.size > MAX_DOCUMENT)
    throw invalid(name, title, `has ${config.size} bytes, more than ${MAX_DOCUMENT}`);
  const bytes = await read(config);
  return { descriptor: config, bytes, value: readConfig(toDocument(name, title, bytes), layers.length) };
}
