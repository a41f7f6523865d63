import { isLayerwrightError, PlanError } from "../errors/layerwright-error.js";
import { isDigest } from "./digest.js";
import { invalid, isIndexType, isManifestType } from "./documents.js";
import type { Descriptor, ImageIndex } from "./manifest.js";
import { type Platform, platformText } from "./platform.js";
import { canonicalReference } from "./reference.js";

/** The documents that a choice among images reads; of a registry or of a layout. */
export interface ImageReader<Image> {
  /** The name in errors: a reference or a path. */
  readonly name: string;
  /** True when a document is at hand; a layout may name what it does not hold. */
  has(descriptor: Descriptor): boolean;
  /** The index that a descriptor means; undefined where it is a manifest, whatever the descriptor says. */
  index(descriptor: Descriptor): Promise<ImageIndex | undefined>;
  /** The manifest and config that a descriptor means. Throws `BASE_UNSUPPORTED` for an artifact. */
  image(descriptor: Descriptor): Promise<Image>;
  /** The platform of an image, as its config says. */
  platformOf(image: Image): Platform;
}

/** An image that descriptors lead to, with the platform that it is for. */
interface ImageOffer<Image> {
  readonly descriptor: Descriptor;
  readonly platform: Platform;
  read(): Promise<Image>;
}

/** Which platform is wanted, and how much. */
export interface PlatformWish {
  readonly platform: Platform;
  /** True takes the only image there is, whatever it is for. @default false */
  readonly acceptOnly?: boolean;
}

/** Indexes one in another; a chain that is longer is somebody's joke. */
const MAX_NESTING = 4;
/** Documents that one choice reads at most. */
const MAX_READ = 500;

/**
 * Chooses the image for a platform among what descriptors lead to: the one chooser of every verb. Indexes in indexes
 * are followed; signatures, attestations and other artifacts are passed over; an entry that does not say its platform
 * is for what its config says.
 *
 * @throws {PlanError} BASE_PLATFORM_MISSING with the platforms that there are, BASE_EMPTY, BASE_UNSUPPORTED
 */
export async function chooseImage<Image>(
  tops: readonly Descriptor[],
  { platform, acceptOnly = false }: PlatformWish,
  reader: ImageReader<Image>,
): Promise<ImageOffer<Image>> {
  const walk = new Walk(reader);
  // What is said to be for another platform is not read.
  const leaves = await walk.leaves(tops, (stated) => platformFit(stated, platform) > 0);
  const offered: Platform[] = leaves.flatMap(({ stated }) => stated ?? []);
  let best = bestOf(
    leaves.flatMap((leaf) => (leaf.stated === undefined ? [] : [walk.offer(leaf, leaf.stated)])),
    platform,
  );
  if (best === undefined || platformFit(best.platform, platform) < EXACT) {
    const asked = await walk.lookUp(leaves.filter(({ stated }) => stated === undefined));
    offered.push(...asked.map((offer) => offer.platform));
    best = bestOf([...(best === undefined ? [] : [best]), ...asked], platform);
  }
  if (best === undefined && acceptOnly) {
    const all = await listImages(tops, reader);
    if (all.length === 1) [best] = all;
  }
  if (best === undefined) throw platformMissing(reader.name, platform, offered);
  // What an entry says and what its image is may be two things.
  const own = reader.platformOf(await best.read());
  if (!acceptOnly && platformFit(own, platform) === 0) throw platformMissing(reader.name, platform, [own]);
  return best;
}

/** All images that descriptors lead to, each with its platform. @throws {PlanError} BASE_EMPTY, BASE_UNSUPPORTED */
export async function listImages<Image>(
  tops: readonly Descriptor[],
  reader: ImageReader<Image>,
): Promise<readonly ImageOffer<Image>[]> {
  const walk = new Walk(reader);
  const leaves = await walk.leaves(tops, () => true);
  const stated = leaves.flatMap((leaf) => (leaf.stated === undefined ? [] : [walk.offer(leaf, leaf.stated)]));
  const asked = await walk.lookUp(leaves.filter((leaf) => leaf.stated === undefined));
  const order = new Map(leaves.map(({ descriptor }, at) => [descriptor, at]));
  const all = [...stated, ...asked];
  return all.sort((left, right) => order.get(left.descriptor)! - order.get(right.descriptor)!);
}

/** The result of `platformFit` for the very platform. */
const EXACT = 100;

function bestOf<Offer extends { readonly platform: Platform }>(
  offers: readonly Offer[],
  wanted: Platform,
): Offer | undefined {
  let best: Offer | undefined;
  let bestFit = 0;
  for (const offer of offers) {
    const fit = platformFit(offer.platform, wanted);
    if (fit > bestFit) [best, bestFit] = [offer, fit];
  }
  return best;
}

/** The error that lists the platforms there are. */
export function platformMissing(base: string, wanted: Platform, offered: readonly Platform[]): PlanError {
  const platforms = Array.from(new Set(offered.map(platformText))).sort();
  return new PlanError(
    "BASE_PLATFORM_MISSING",
    { path: base, platform: platformText(wanted), platforms },
    { subject: base },
  );
}

/** A manifest that was reached, or an index that was left alone for the platform that it states. */
interface Leaf {
  readonly descriptor: Descriptor;
  readonly stated: Platform | undefined;
}

class Walk<Image> {
  readonly #reader: ImageReader<Image>;
  readonly #images = new Map<string, Promise<Image>>();
  #read = 0;

  constructor(reader: ImageReader<Image>) {
    this.#reader = reader;
  }

  async leaves(tops: readonly Descriptor[], isWanted: (stated: Platform) => boolean): Promise<Leaf[]> {
    const seen = new Set<string>();
    const found: Leaf[] = [];
    const visit = async (descriptor: Descriptor, depth: number): Promise<void> => {
      if (seen.has(descriptor.digest)) return;
      seen.add(descriptor.digest);
      const stated = statedPlatform(descriptor);
      if (!isIndexType(descriptor.mediaType) || (stated !== undefined && !isWanted(stated))) {
        found.push({ descriptor, stated });
        return;
      }
      const name = `the index ${descriptor.digest}`;
      if (depth === 0)
        throw invalid(this.#reader.name, name, `is the ${MAX_NESTING + 1}th index one in another`);
      this.#count(name);
      const index = await this.#reader.index(descriptor);
      if (index === undefined) found.push({ descriptor, stated });
      else for (const inner of index.manifests.filter(isImage)) await visit(inner, depth - 1);
    };
    for (const top of tops) await visit(top, MAX_NESTING);
    if (found.length === 0)
      throw new PlanError("BASE_EMPTY", { path: this.#reader.name }, { subject: this.#reader.name });
    return found;
  }

  offer({ descriptor }: Leaf, platform: Platform): ImageOffer<Image> {
    return { descriptor, platform, read: () => this.#image(descriptor) };
  }

  /** The platforms of entries without one, as their configs say. An artifact among them is no image. */
  async lookUp(leaves: readonly Leaf[]): Promise<ImageOffer<Image>[]> {
    const found: ImageOffer<Image>[] = [];
    let problem: unknown;
    for (const leaf of leaves) {
      // A layout may name what it does not hold.
      if (leaves.length > 1 && !this.#reader.has(leaf.descriptor)) continue;
      try {
        const { os, architecture, variant } = this.#reader.platformOf(await this.#image(leaf.descriptor));
        found.push(this.offer(leaf, { os, architecture, ...(variant && { variant }) }));
      } catch (error) {
        if (!isLayerwrightError(error) || error.code !== "BASE_UNSUPPORTED") throw error;
        problem = error;
      }
    }
    if (found.length === 0 && problem !== undefined) throw problem;
    return found;
  }

  #image(descriptor: Descriptor): Promise<Image> {
    let image = this.#images.get(descriptor.digest);
    if (image === undefined) {
      this.#count(`the manifest ${descriptor.digest}`);
      image = this.#reader.image(descriptor);
      this.#images.set(descriptor.digest, image);
    }
    return image;
  }

  #count(name: string): void {
    if (++this.#read > MAX_READ)
      throw invalid(this.#reader.name, name, `is the ${MAX_READ + 1}th document that would have to be read`);
  }
}

/** The platform that an entry states; tools also write null and empty texts. */
function statedPlatform({ platform }: Descriptor): Platform | undefined {
  if (!platform?.os || !platform.architecture) return undefined;
  return platform;
}

/** An image or an index of images by a digest that is read; not a signature, an attestation or another artifact. */
export function isImage(descriptor: Descriptor): boolean {
  if (descriptor.annotations?.["vnd.docker.reference.type"] !== undefined) return false;
  if (descriptor.platform?.os === "unknown" || !isDigest(descriptor.digest)) return false;
  return isIndexType(descriptor.mediaType) || isManifestType(descriptor.mediaType);
}

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

/** The variant that is meant where none is written (containerd's platforms.Normalize). */
const DEFAULT_VARIANT: Readonly<Record<string, string>> = { amd64: "v1", arm64: "v8", arm: "v7" };

/** The better of two offers has the higher number; 0 does not run on the wanted platform. */
export function platformFit(offered: Platform, wanted: Platform): number {
  if (offered.os !== wanted.os || offered.architecture !== wanted.architecture) return 0;
  const has = variantOf(offered);
  const wants = variantOf(wanted);
  if (has === wants) return EXACT;
  // Newer processors of these families run what was made for older ones.
  const hasNumber = Number(/^v(\d)$/.exec(has)?.[1] ?? Number.NaN);
  const wantsNumber = Number(/^v(\d)$/.exec(wants)?.[1] ?? Number.NaN);
  const older = hasNumber < wantsNumber;
  return older && (wanted.architecture === "arm" || wanted.architecture === "amd64") ? hasNumber : 0;
}

function variantOf(platform: Platform): string {
  const { architecture, variant } = platform;
  return variant === undefined || variant === "" ? (DEFAULT_VARIANT[architecture] ?? "") : variant;
}
