import { PlanError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/descriptor.js";
import type { ImageIndex } from "../../oci/manifest.js";
import { canonicalReference } from "../../oci/reference.js";
import { isImage } from "./choose-image.js";

const REF_NAME = "org.opencontainers.image.ref.name";
const IMAGE_NAME = "io.containerd.image.name";

/**
 * The descriptors of a layout's index that a tag means, or of all of it where none is given: several ones bear the same
 * name, and are the platforms of one image unless two are for the same. A name counts as it is written, by its tag, and
 * as Docker shortens it; an image without a name is meant by its digest. Throws `BASE_TAG_NOT_FOUND` or
 * `BASE_TAG_NEEDED` with what there is.
 */
export function chooseByTag(base: string, index: ImageIndex, tag: string | undefined): readonly Descriptor[] {
  const all = index.manifests.filter(isImage);
  const images = unique(all);
  if (images.length === 0) throw noImage(base, index);
  const found = tag === undefined ? images : unique(byName(all, (one) => [...namesOf(one), one.digest], tag));
  if (found.length === 0) {
    throw new PlanError(
      "BASE_TAG_NOT_FOUND",
      { path: base, tag: tag!, tags: tagsOf(all) },
      { subject: base },
    );
  }
  const names = new Set(found.map((descriptor) => namesOf(descriptor).join("\0")));
  if (names.size > 1) throw tagNeeded(base, found);
  return found;
}

/** The error for several images where one is meant; an image without a name is called by its digest. */
export function tagNeeded(base: string, descriptors: readonly Descriptor[]): PlanError {
  const names = descriptors.map((one) => namesOf(one).at(-1) ?? one.digest);
  return new PlanError(
    "BASE_TAG_NEEDED",
    { path: base, tags: [...new Set(names)].sort() },
    { subject: base },
  );
}

/** Of the items the ones that a name means: as it is written, by the tag alone, or as Docker shortens it. */
export function byName<Item>(
  items: readonly Item[],
  namesOf: (item: Item) => readonly string[],
  wanted: string,
): Item[] {
  const full = canonical(wanted);
  const ways: readonly ((name: string) => boolean)[] = [
    (name) => name === wanted,
    (name) => tagPart(name) === wanted,
    (name) => full !== undefined && canonical(name) === full,
    (name) => isIdOf(name, wanted),
  ];
  for (const way of ways) {
    const found = items.filter((item) => namesOf(item).some(way));
    if (found.length > 0) return found;
  }
  return [];
}

/** A digest, or the beginning of one as Docker shows it. */
function isIdOf(name: string, wanted: string): boolean {
  const hex = wanted.replace(/^sha256:/, "");
  return /^[a-f0-9]{12,64}$/.test(hex) && name.startsWith(`sha256:${hex}`);
}

function canonical(name: string): string | undefined {
  try {
    return canonicalReference(name);
  } catch {
    return undefined;
  }
}

function noImage(base: string, index: ImageIndex): PlanError {
  const other = index.manifests.find(({ digest }) => !digest.startsWith("sha256:"));
  if (other === undefined) return new PlanError("BASE_EMPTY", { path: base }, { subject: base });
  const algorithm = other.digest.slice(0, other.digest.indexOf(":")).slice(0, 40);
  const reason = `its images have digests by ${algorithm}, and only sha256 is read`;
  return new PlanError("BASE_UNSUPPORTED", { path: base, reason }, { subject: base });
}

/** The tags that descriptors carry, each once, in order; a digest where there is none. */
function tagsOf(descriptors: readonly Descriptor[]): string[] {
  return Array.from(new Set(descriptors.map((one) => namesOf(one)[0] ?? one.digest))).sort();
}

function unique(descriptors: readonly Descriptor[]): Descriptor[] {
  return Array.from(new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values());
}

/** Both names that tools give: the tag and the full reference. */
function namesOf({ annotations }: Descriptor): string[] {
  const names = [annotations?.[REF_NAME], annotations?.[IMAGE_NAME]];
  return Array.from(new Set(names.filter((name) => name !== undefined && name !== ""))) as string[];
}

/** `v1` of `example.com:5000/app:v1`. */
function tagPart(reference: string): string | undefined {
  const colon = reference.lastIndexOf(":");
  return colon > reference.lastIndexOf("/") ? reference.slice(colon + 1) : undefined;
}
