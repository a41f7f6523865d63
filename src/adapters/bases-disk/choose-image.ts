import { PlanError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/descriptor.js";
import type { ImageIndex } from "../../oci/manifest.js";
import { isIndexType, isManifestType } from "./manifest-document.js";

const REF_NAME = "org.opencontainers.image.ref.name";
const IMAGE_NAME = "io.containerd.image.name";

/** The tags that the descriptors of an index carry, each once, in order. */
export function tagsOf(index: ImageIndex): string[] {
  return Array.from(new Set(index.manifests.flatMap((descriptor) => namesOf(descriptor).slice(0, 1)))).sort();
}

/**
 * The descriptors of a layout's index that a tag means, or of all of it where none is given: several ones are the
 * platforms of one image. Throws `BASE_TAG_NOT_FOUND` or `BASE_TAG_NEEDED` with the tags that there are.
 */
export function chooseByTag(base: string, index: ImageIndex, tag: string | undefined): readonly Descriptor[] {
  const images = unique(index.manifests.filter(isImage));
  if (images.length === 0) throw new PlanError("BASE_EMPTY", { path: base }, { subject: base });
  if (tag !== undefined) {
    const all = index.manifests.filter(isImage);
    const exact = unique(all.filter((descriptor) => namesOf(descriptor).includes(tag)));
    const found =
      exact.length > 0
        ? exact
        : unique(all.filter((one) => namesOf(one).some((name) => tagPart(name) === tag)));
    if (found.length === 0) {
      throw new PlanError("BASE_TAG_NOT_FOUND", { path: base, tag, tags: tagsOf(index) }, { subject: base });
    }
    if (areAlternatives(found)) return found;
  } else if (areAlternatives(images)) return images;
  throw new PlanError("BASE_TAG_NEEDED", { path: base, tags: fullNames(index) }, { subject: base });
}

/** An image or an index of images; not a signature, an attestation or another artifact. */
export function isImage(descriptor: Descriptor): boolean {
  if (descriptor.annotations?.["vnd.docker.reference.type"] !== undefined) return false;
  if (descriptor.platform?.os === "unknown") return false;
  return isIndexType(descriptor.mediaType) || isManifestType(descriptor.mediaType);
}

/** One image, or the same image for several platforms. */
function areAlternatives(found: readonly Descriptor[]): boolean {
  if (found.length <= 1) return true;
  const names = new Set(found.map((descriptor) => namesOf(descriptor).join("\0")));
  return names.size === 1 && found.every((descriptor) => (descriptor.platform ?? undefined) !== undefined);
}

function unique(descriptors: readonly Descriptor[]): Descriptor[] {
  return Array.from(new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values());
}

function fullNames(index: ImageIndex): string[] {
  return Array.from(new Set(index.manifests.flatMap((one) => namesOf(one).slice(-1)))).sort();
}

/** Both names that tools give: the tag and the full reference. */
function namesOf(descriptor: Descriptor): string[] {
  const { annotations } = descriptor;
  const names = [annotations?.[REF_NAME], annotations?.[IMAGE_NAME]];
  return Array.from(new Set(names.filter((name) => name !== undefined && name !== ""))) as string[];
}

/** `v1` of `example.com:5000/app:v1`. */
export function tagPart(reference: string): string | undefined {
  const colon = reference.lastIndexOf(":");
  return colon > reference.lastIndexOf("/") ? reference.slice(colon + 1) : undefined;
}
