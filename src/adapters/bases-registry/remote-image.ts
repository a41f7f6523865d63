import { PlanError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/descriptor.js";
import type { ImageConfig } from "../../oci/image-config.js";
import type { ImageManifest } from "../../oci/manifest.js";
import { mediaType } from "../../oci/media-type.js";
import type { Platform } from "../../oci/platform.js";
import { canonicalReference, familiarReference, type Reference } from "../../oci/reference.js";
import type { RegistryDocument } from "../../ports/registry.js";
import { isImage } from "../bases-disk/choose-image.js";
import { platformFit } from "../bases-disk/choose-platform.js";
import { readConfig } from "../bases-disk/config-document.js";
import { invalid } from "../bases-disk/image-files.js";
import { MAX_DOCUMENT, toDocument } from "../bases-disk/json-document.js";
import { platformMissing } from "../bases-disk/layout-base.js";
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

/** Indexes one in another; a chain that is longer is somebody's joke. */
const MAX_NESTING = 4;

/** Finds the image that a reference and a platform mean. A tag is looked up once; from there on all goes by digest. */
export async function findRemoteImage(
  reference: Reference,
  platform: Platform,
  tools: DocumentTools,
  fetcher: BlobFetcher,
): Promise<RemoteImage> {
  const name = familiarReference(canonicalReference(reference));
  const top = await storedDocument(tools, reference);
  const manifest = await findManifest(name, reference, top, platform, tools);
  const config = await readRemoteConfig(name, reference, manifest.value, fetcher);
  if (platformFit(config.value, platform) === 0) throw platformMissing(name, platform, [config.value]);
  return { manifest, config };
}

async function findManifest(
  name: string,
  { domain, path }: Reference,
  document: RegistryDocument,
  platform: Platform,
  tools: DocumentTools,
  depth = MAX_NESTING,
): Promise<RemoteDocument<ImageManifest>> {
  const { descriptor, bytes } = document;
  const isIndex = isIndexType(descriptor.mediaType);
  const json = toDocument(name, `the ${isIndex ? "index" : "manifest"} ${descriptor.digest}`, bytes);
  if (!isIndex) return { ...document, value: readManifest(json, descriptor.mediaType) };
  if (depth === 0) throw invalid(name, json.name, `is the ${MAX_NESTING + 1}th index one in another`);
  const offers = readIndex(json, descriptor.mediaType).manifests.filter(isImage);
  const best = bestOffer(offers, platform);
  if (best === undefined) {
    const offered = offers.flatMap(({ platform: one }) => (one ? [one] : []));
    throw platformMissing(name, platform, offered);
  }
  const child = await storedDocument(tools, { domain, path, digest: best.digest });
  const inner = {
    ...child,
    descriptor: { ...child.descriptor, ...(best.platform ? { platform: best.platform } : {}) },
  };
  return findManifest(name, { domain, path }, inner, platform, tools, depth - 1);
}

function bestOffer(offers: readonly Descriptor[], wanted: Platform): Descriptor | undefined {
  let best: Descriptor | undefined;
  let bestFit = 0;
  for (const offer of offers) {
    const fit = offer.platform ? platformFit(offer.platform, wanted) : 0;
    if (fit > bestFit) [best, bestFit] = [offer, fit];
  }
  return best;
}

async function readRemoteConfig(
  name: string,
  reference: Reference,
  { config, layers }: ImageManifest,
  fetcher: BlobFetcher,
): Promise<RemoteDocument<ImageConfig>> {
  if (config.mediaType !== mediaType.ociConfig && config.mediaType !== mediaType.dockerConfig) {
    const type = JSON.stringify(config.mediaType.slice(0, 120));
    const reason = `its config is of the type ${type}, so it is no container image`;
    throw new PlanError("BASE_UNSUPPORTED", { path: name, reason }, { subject: name });
  }
  const title = `the config ${config.digest}`;
  if (config.size > MAX_DOCUMENT)
    throw invalid(name, title, `has ${config.size} bytes, more than ${MAX_DOCUMENT}`);
  const bytes = await fetcher.read(reference, config);
  return { descriptor: config, bytes, value: readConfig(toDocument(name, title, bytes), layers.length) };
}
