import { parseReference, type Reference } from "../../oci/reference.js";
import type { BaseImage, BaseLayer, BaseSource, RegistryBaseLocation } from "../../ports/base-source.js";
import type { Progress } from "../../ports/progress.js";
import { encodingOf } from "../bases-disk/base-layers.js";
import type { PlatformWish } from "../bases-disk/choose-image.js";
import { invalid } from "../bases-disk/image-files.js";
import { BlobFetcher } from "./fetch-blob.js";
import { findRemoteImage } from "./remote-image.js";
import type { DocumentTools } from "./stored-document.js";

/** What bases of registries are opened with. */
export interface RegistryBaseTools extends DocumentTools {
  readonly progress?: Progress | undefined;
}

/**
 * Opens bases of registries. Only manifests and the config are fetched; a layer when its bytes are asked for, into the
 * store, from where every later build has it.
 */
export function createRegistryBases(tools: RegistryBaseTools): BaseSource<RegistryBaseLocation> {
  const fetcher = new BlobFetcher(tools.store, tools.registry, tools.progress);
  return { open: (base, platform, options) => openBase(base, { platform, ...options }, tools, fetcher) };
}

async function openBase(
  { reference: name, digest }: RegistryBaseLocation,
  wish: PlatformWish,
  tools: RegistryBaseTools,
  fetcher: BlobFetcher,
): Promise<BaseImage> {
  const parsed = parseReference(name);
  const named: Reference = digest === undefined ? parsed : { ...parsed, digest };
  const { manifest, config } = await findRemoteImage(named, wish, tools, fetcher);
  const layers = manifest.value.layers.map((layer, at): BaseLayer => {
    const diffId = config.value.rootfs.diff_ids[at]!;
    const encoding = encodingOf(name, layer.mediaType);
    if (encoding === "none" && layer.digest !== diffId) {
      const title = `the layer ${layer.digest}`;
      throw invalid(name, title, `is not compressed, and the config calls it ${diffId}`);
    }
    const { domain, path } = parsed;
    return {
      diffId,
      descriptor: layer,
      encoding,
      heldBy: { domain, path },
      blob: (options) => fetcher.blob(parsed, layer, options),
    };
  });
  return {
    config: config.value,
    layers,
    digest: manifest.descriptor.digest,
    references: [],
    close: async () => {},
  };
}
