import { canonicalJson } from "../../core/json.js";
import type { Descriptor } from "../../oci/descriptor.js";
import { digestOf } from "../../oci/digest.js";
import type { ImageConfig } from "../../oci/image-config.js";
import type { ImageManifest } from "../../oci/manifest.js";
import { mediaType } from "../../oci/media-type.js";

/** A document with its descriptor. */
export interface Document {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** The config document as it is stored: sorted keys, no spaces. */
export function configDocument(config: ImageConfig): Document {
  return documentOf(config, mediaType.ociConfig);
}

/** The manifest of an image. */
export function manifestDocument(
  config: Descriptor,
  layers: readonly Descriptor[],
  annotations: Readonly<Record<string, string>>,
): Document {
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaType.ociManifest,
    config,
    layers,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  return documentOf(manifest, mediaType.ociManifest);
}

function documentOf(value: unknown, type: string): Document {
  const bytes = Buffer.from(canonicalJson(value), "utf8");
  return { bytes, descriptor: { mediaType: type, digest: digestOf(bytes), size: bytes.length } };
}

const OCI_TYPES: Readonly<Record<string, string>> = {
  [mediaType.dockerLayer]: mediaType.ociLayer,
  [mediaType.dockerLayerGzip]: mediaType.ociLayerGzip,
};

/** The descriptor of a base's layer as an OCI manifest may have it: Docker's media types have equals in OCI, the rest stays. */
export function ociDescriptor(descriptor: Descriptor): Descriptor {
  return { ...descriptor, mediaType: OCI_TYPES[descriptor.mediaType] ?? descriptor.mediaType };
}
