import { type BaseIdentity, baseAnnotations } from "../../oci/base-annotations.js";
import type { ImageConfig } from "../../oci/image-config.js";
import type { ImageManifest } from "../../oci/manifest.js";
import type { Platform } from "../../oci/platform.js";
import type { BaseImage, BaseLayer } from "../../ports/base-source.js";
import type { FinishedImage } from "../../ports/image-output.js";
import { configDocument, manifestDocument, ociDescriptor } from "../documents/image-documents.js";
import { rebaseConfig } from "./rebase-config.js";

/** An image, the base that it stands on, and the one that it is to stand on. */
export interface RebaseParts {
  readonly manifest: ImageManifest;
  readonly image: BaseImage;
  readonly from: BaseImage;
  readonly onto: BaseImage;
  readonly ontoIdentity: BaseIdentity;
  readonly platform: Platform;
  /** Full references that the result is named by. */
  readonly references: readonly string[];
}

/** How many layers a base has at the bottom of an image; undefined where it is not what the image stands on. */
export function layersBelow(image: BaseImage, base: BaseImage): number | undefined {
  const same = base.layers.every(
    ({ descriptor }, at) => image.layers[at]?.descriptor.digest === descriptor.digest,
  );
  return same ? base.layers.length : undefined;
}

/** The image on its new base: new documents over blobs that are all there. */
export function rebaseDocuments(parts: RebaseParts): FinishedImage {
  const { manifest, image, from, onto, ontoIdentity, platform, references } = parts;
  const config = configDocument(rebaseConfig(image.config, from.config, onto.config) as ImageConfig);
  const layers = [...onto.layers, ...image.layers.slice(from.layers.length)].map(finishedLayer);
  const descriptors = layers.map(({ descriptor }) => descriptor);
  const annotations = { ...manifest.annotations, ...baseAnnotations(ontoIdentity) };
  const document = manifestDocument(config.descriptor, descriptors, annotations);
  return {
    references,
    config,
    layers,
    manifest: { ...document, descriptor: { ...document.descriptor, platform } },
  };
}

function finishedLayer(layer: BaseLayer): FinishedImage["layers"][number] {
  const { diffId, heldBy } = layer;
  return {
    diffId,
    descriptor: ociDescriptor(layer.descriptor),
    blob: () => layer.blob(),
    ...(heldBy === undefined ? {} : { heldBy }),
  };
}
