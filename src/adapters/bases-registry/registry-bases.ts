import { PlanError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/descriptor.js";
import type { ImageConfig } from "../../oci/image-config.js";
import type { ImageManifest } from "../../oci/manifest.js";
import { mediaType } from "../../oci/media-type.js";
import type { Platform } from "../../oci/platform.js";
import { parseReference, type Reference } from "../../oci/reference.js";
import type { BaseImage, BaseLayer, BaseSource, RegistryBaseLocation } from "../../ports/base-source.js";
import type { BlobStore } from "../../ports/blob-store.js";
import type { Progress } from "../../ports/progress.js";
import type { Registry, RegistryDocument } from "../../ports/registry.js";
import { encodingOf } from "../bases-disk/base-layers.js";
import { isImage } from "../bases-disk/choose-image.js";
import { platformFit } from "../bases-disk/choose-platform.js";
import { readConfig } from "../bases-disk/config-document.js";
import { invalid } from "../bases-disk/image-files.js";
import { MAX_DOCUMENT, toDocument } from "../bases-disk/json-document.js";
import { platformMissing } from "../bases-disk/layout-base.js";
import { isIndexType, readIndex, readManifest } from "../bases-disk/manifest-document.js";
import { BlobFetcher } from "./fetch-blob.js";
import { storedDocument } from "./stored-document.js";

/** What bases of registries are opened with. */
export interface RegistryBaseTools {
  readonly store: BlobStore;
  /** Asked for when something has to be fetched. */
  readonly registry: () => Promise<Registry>;
  readonly progress?: Progress | undefined;
}

/** Indexes one in another; a chain that is longer is somebody's joke. */
const MAX_NESTING = 4;

/**
 * Opens bases of registries. Only manifests and the config are fetched; a layer when its bytes are asked for, into the
 * store, from where every later build has it.
 */
export function createRegistryBases(tools: RegistryBaseTools): BaseSource<RegistryBaseLocation> {
  const fetcher = new BlobFetcher(tools.store, tools.registry, tools.progress);
  return { open: (base, platform) => openBase(base, platform, tools, fetcher) };
}

async function openBase(
  base: RegistryBaseLocation,
  platform: Platform,
  { store, registry }: RegistryBaseTools,
  fetcher: BlobFetcher,
): Promise<BaseImage> {
  const parsed = parseReference(base.reference);
  const named: Reference = base.digest === undefined ? parsed : { ...parsed, digest: base.digest };
  const get = (reference: Reference) => storedDocument(store, registry, reference);
  const { descriptor, manifest } = await findManifest(base.reference, await get(named), platform, (digest) =>
    get({ domain: parsed.domain, path: parsed.path, digest }),
  );
  const config = await readImageConfig(base.reference, manifest, async (blob) => {
    await fetcher.fetch(parsed, blob);
    return readAll(store, blob);
  });
  if (platformFit(config, platform) === 0) throw platformMissing(base.reference, platform, [config]);
  const layers = manifest.layers.map((layer, at): BaseLayer => {
    const diffId = config.rootfs.diff_ids[at]!;
    const encoding = encodingOf(base.reference, layer.mediaType);
    if (encoding === "none" && layer.digest !== diffId) {
      const name = `the layer ${layer.digest}`;
      throw invalid(base.reference, name, `is not compressed, and the config calls it ${diffId}`);
    }
    const { domain, path } = parsed;
    return {
      diffId,
      descriptor: layer,
      encoding,
      heldBy: { domain, path },
      async *blob(options) {
        await fetcher.fetch(parsed, layer);
        yield* store.read(layer.digest, options);
      },
    };
  });
  return { config, layers, digest: descriptor.digest, references: [], close: async () => {} };
}

async function findManifest(
  name: string,
  document: RegistryDocument,
  platform: Platform,
  get: (digest: string) => Promise<RegistryDocument>,
  depth = MAX_NESTING,
): Promise<{ readonly descriptor: Descriptor; readonly manifest: ImageManifest }> {
  const { descriptor, bytes } = document;
  const said = isIndexType(descriptor.mediaType) ? "index" : "manifest";
  const json = toDocument(name, `the ${said} ${descriptor.digest}`, bytes);
  if (said === "manifest") return { descriptor, manifest: readManifest(json, descriptor.mediaType) };
  if (depth === 0) throw invalid(name, json.name, `is the ${MAX_NESTING + 1}th index one in another`);
  const offers = readIndex(json, descriptor.mediaType).manifests.filter(isImage);
  const fits = offers.map((offer) => ({
    offer,
    fit: offer.platform ? platformFit(offer.platform, platform) : 0,
  }));
  const best = fits.reduce((left, right) => (right.fit > left.fit ? right : left), {
    offer: offers[0],
    fit: 0,
  });
  if (best.offer === undefined || best.fit === 0) {
    const offered = offers.flatMap(({ platform: one }) => (one ? [one] : []));
    throw platformMissing(name, platform, offered);
  }
  return findManifest(name, await get(best.offer.digest), platform, get, depth - 1);
}

async function readImageConfig(
  name: string,
  { config, layers }: ImageManifest,
  read: (blob: Descriptor) => Promise<Uint8Array>,
): Promise<ImageConfig> {
  if (config.mediaType !== mediaType.ociConfig && config.mediaType !== mediaType.dockerConfig) {
    const type = JSON.stringify(config.mediaType.slice(0, 120));
    const reason = `its config is of the type ${type}, so it is no container image`;
    throw new PlanError("BASE_UNSUPPORTED", { path: name, reason }, { subject: name });
  }
  const title = `the config ${config.digest}`;
  if (config.size > MAX_DOCUMENT)
    throw invalid(name, title, `has ${config.size} bytes, more than ${MAX_DOCUMENT}`);
  return readConfig(toDocument(name, title, await read(config)), layers.length);
}

async function readAll(store: BlobStore, { digest }: Descriptor): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(digest)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
