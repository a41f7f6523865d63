import { DefinitionError } from "../../errors/layerwright-error.js";
import type { Digest } from "../../oci/digest.js";
import { type Descriptor, imageIndex } from "../../oci/manifest.js";
import { platformText } from "../../oci/platform.js";
import type { FinishedImage } from "../../ports/image-output.js";

/** A blob to be written. */
export interface OutputBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  bytes(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** As `FinishedLayer.pump`. */
  readonly pump?: (sink: (chunk: Uint8Array) => void) => Promise<void>;
}

/** Finished images as a layout: the descriptors of its index, and each blob once, sorted by digest. */
interface ImageSet {
  readonly manifests: readonly Descriptor[];
  readonly blobs: readonly OutputBlob[];
}

/** The annotation that docker's containerd store, ctr and podman name an image by: the full reference. */
export const IMAGE_NAME = "io.containerd.image.name";

/** The annotation that OCI tools name an image by: the tag. */
export const REF_NAME = "org.opencontainers.image.ref.name";

/**
 * Puts finished images together. Each reference gets a descriptor of its own; several images of one reference are its
 * platforms and go into an index of theirs, which the reference then names. So do images without a name whose platforms
 * all differ.
 */
export function imageSet(images: readonly FinishedImage[]): ImageSet {
  const blobs = new Map<Digest, OutputBlob>();
  const addBytes = (digest: Digest, bytes: Uint8Array) => {
    blobs.set(digest, { digest, size: bytes.length, bytes: () => [bytes] });
  };
  for (const image of images) {
    addBytes(image.manifest.descriptor.digest, image.manifest.bytes);
    addBytes(image.config.descriptor.digest, image.config.bytes);
    for (const layer of image.layers) {
      const { descriptor } = layer;
      const pump =
        layer.pump === undefined ? {} : { pump: (sink: (chunk: Uint8Array) => void) => layer.pump!(sink) };
      // A layer that is in an image twice, or in two images, is stored once.
      if (!blobs.has(descriptor.digest)) {
        blobs.set(descriptor.digest, {
          digest: descriptor.digest,
          size: descriptor.size,
          bytes: () => layer.blob({ transient: true }),
          ...pump,
        });
      }
    }
  }
  const manifests: Descriptor[] = [];
  for (const [reference, named] of byReference(images)) {
    const tag = tagOf(reference);
    const target = named.length === 1 ? named[0]!.manifest.descriptor : platformIndex(named, addBytes);
    const annotations = { ...target.annotations, [IMAGE_NAME]: reference, [REF_NAME]: tag };
    manifests.push({ ...target, annotations });
  }
  const unnamed = images.filter(({ references }) => references.length === 0);
  if (arePlatforms(unnamed)) manifests.push(platformIndex(unnamed, addBytes));
  else manifests.push(...unnamed.map(({ manifest }) => manifest.descriptor));
  const sorted = Array.from(blobs.values()).sort((left, right) => (left.digest < right.digest ? -1 : 1));
  return { manifests, blobs: sorted };
}

/** The images of each reference: several are its platforms. */
export function byReference(images: readonly FinishedImage[]): Map<string, FinishedImage[]> {
  const named = new Map<string, FinishedImage[]>();
  for (const image of images) {
    for (const reference of new Set(image.references)) {
      const others = named.get(reference) ?? [];
      if (!others.some((other) => other.manifest.descriptor.digest === image.manifest.descriptor.digest)) {
        others.push(image);
      }
      named.set(reference, others);
    }
  }
  return named;
}

function platformIndex(
  images: readonly FinishedImage[],
  addBytes: (digest: Digest, bytes: Uint8Array) => void,
): Descriptor {
  const { descriptor, bytes } = imageIndex(images.map((image) => image.manifest.descriptor));
  addBytes(descriptor.digest, bytes);
  return descriptor;
}

function arePlatforms(images: readonly FinishedImage[]): boolean {
  const platforms = images.flatMap(({ manifest: { descriptor } }) =>
    descriptor.platform === undefined ? [] : [platformText(descriptor.platform)],
  );
  return images.length > 1 && new Set(platforms).size === images.length;
}

/** The tag of a full reference, e.g. `v1` of `docker.io/library/app:v1`. */
export function tagOf(reference: string): string {
  const tag = /^[^\s@]+\/[^\s@:/]+(?:\/[^\s@:/]+)*:([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$/.exec(reference)?.[1];
  if (tag !== undefined) return tag;
  throw new DefinitionError("OUTPUT_REFERENCE_INVALID", { reference }, { subject: reference });
}
