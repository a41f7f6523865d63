import { canonicalJson } from "../../core/json.js";
import { DefinitionError, PlanError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/descriptor.js";
import { type Digest, digestHex } from "../../oci/digest.js";
import { mediaType } from "../../oci/media-type.js";
import type { FinishedImage } from "../../ports/image-output.js";
import { tagOf } from "./image-set.js";
import type { SmallFile } from "./tar-output.js";

/** What the file `oci-layout` says (image-spec image-layout.md). */
export const OCI_LAYOUT = '{"imageLayoutVersion":"1.0.0"}';

/** The documents of an OCI layout in a tar. */
export function layoutDocuments(manifests: readonly Descriptor[]): SmallFile[] {
  return [
    file("oci-layout", OCI_LAYOUT),
    file("index.json", canonicalJson({ schemaVersion: 2, mediaType: mediaType.ociIndex, manifests })),
  ];
}

/** The document that `docker load` of the classic store and crane read, beside the layout's own. */
export function dockerManifest(images: readonly FinishedImage[]): SmallFile {
  const list = images.map((image) => ({
    Config: blobPath(image.config.descriptor.digest),
    RepoTags: image.references.length === 0 ? null : Array.from(new Set(image.references)),
    Layers: image.layers.map((layer) => blobPath(layer.descriptor.digest)),
  }));
  return file("manifest.json", canonicalJson(list));
}

/**
 * Refuses what some loader of the hybrid archive does not take: more than one platform (skopeo's docker-archive and
 * umoci fail), a reference that is not full (podman renames it).
 */
export function checkLoadable(images: readonly FinishedImage[], path: string): void {
  const platforms = new Set(images.flatMap(({ manifest }) => platformNames(manifest.descriptor)));
  if (platforms.size > 1) {
    throw new PlanError(
      "OUTPUT_PLATFORMS",
      { path, platforms: Array.from(platforms).sort() },
      { subject: path },
    );
  }
  const owners = new Map<string, Digest>();
  for (const image of images) {
    for (const reference of image.references) {
      tagOf(reference);
      const owner = owners.get(reference) ?? image.manifest.descriptor.digest;
      owners.set(reference, owner);
      if (owner === image.manifest.descriptor.digest) continue;
      throw new DefinitionError("OUTPUT_NAME_TWICE", { reference }, { subject: reference });
    }
  }
}

function platformNames({ platform }: Descriptor): string[] {
  if (platform === undefined) return [];
  const { os, architecture, variant } = platform;
  return [variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`];
}

function blobPath(digest: Digest): string {
  return `blobs/sha256/${digestHex(digest)}`;
}

function file(path: string, text: string): SmallFile {
  return { path, bytes: Buffer.from(text) };
}
