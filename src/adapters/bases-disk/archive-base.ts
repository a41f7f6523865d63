import { PlanError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/descriptor.js";
import { type Digest, digestOf, isDigest } from "../../oci/digest.js";
import { MAX_DOCUMENT } from "../../oci/manifest.js";
import { type LayerEncoding, mediaType } from "../../oci/media-type.js";
import type { BaseLayer } from "../../ports/base-source.js";
import { type ArchiveImage, readArchiveManifest } from "./archive-manifest.js";
import { layerAt, sniffLayer } from "./base-layers.js";
import { byName } from "./choose-by-tag.js";
import { type PlatformWish, platformMissing } from "./choose-image.js";
import { platformFit } from "./choose-platform.js";
import { readConfig } from "./config-document.js";
import { damaged, type HostRange, hashRange, readRange } from "./host-range.js";
import { type ImageFiles, invalid } from "./image-files.js";
import { readDocument } from "./json-document.js";
import type { FoundImage } from "./layout-base.js";

/**
 * Finds the image of a `docker save` archive that a tag means. Such an archive has no manifest of its own, so the
 * descriptors of its layers are computed: the diff_id of a plain tar, the hash of a compressed one.
 */
export async function findArchiveImage(
  files: ImageFiles,
  tag: string | undefined,
  { platform, acceptOnly = false }: PlatformWish,
): Promise<FoundImage> {
  const image = chooseImage(files.base, readArchiveManifest(files), tag);
  const document = readDocument(files, image.config, `the config ${image.config}`, MAX_DOCUMENT);
  if (document === undefined) throw invalid(files.base, `the config ${image.config}`, "is missing");
  const named = digestIn(image.config);
  if (named !== undefined) checkConfigDigest(files, image.config, named);
  const config = readConfig(document, image.layers.length);
  if (!acceptOnly && platformFit(config, platform) === 0)
    throw platformMissing(files.base, platform, [config]);
  const layers: BaseLayer[] = [];
  for (const [at, name] of image.layers.entries())
    layers.push(await findLayer(files, name, config.rootfs.diff_ids[at]!));
  return { config, layers, references: image.tags };
}

function chooseImage(base: string, images: readonly ArchiveImage[], tag: string | undefined): ArchiveImage {
  if (images.length === 0) throw new PlanError("BASE_EMPTY", { path: base }, { subject: base });
  const called = ({ tags, config }: ArchiveImage) => (tags.length > 0 ? tags : [idOf(config)]);
  const tags = Array.from(new Set(images.flatMap(called))).sort();
  const found =
    tag === undefined ? images : byName(images, (image) => [...image.tags, idOf(image.config)], tag);
  const [first] = found;
  if (first === undefined)
    throw new PlanError("BASE_TAG_NOT_FOUND", { path: base, tag: tag!, tags }, { subject: base });
  if (found.every((image) => image.config === first.config)) return first;
  throw new PlanError("BASE_TAG_NEEDED", { path: base, tags }, { subject: base });
}

/** The id that Docker knows an image by: the digest of its config, which names the file in every form of archive. */
function idOf(config: string): string {
  const hex = /([a-f0-9]{64})(?:\.json)?$/.exec(config)?.[1];
  return hex === undefined ? config : `sha256:${hex}`;
}

async function findLayer(files: ImageFiles, name: string, diffId: Digest): Promise<BaseLayer> {
  const label = `the layer ${name}`;
  const range = files.find(name);
  if (range === undefined) throw invalid(files.base, label, "is missing");
  const encoding = sniffLayer(files.base, label, range);
  const descriptor = await describe(name, range, encoding, diffId);
  return layerAt(files.base, descriptor, diffId, range);
}

async function describe(
  name: string,
  range: HostRange,
  encoding: LayerEncoding,
  diffId: Digest,
): Promise<Descriptor> {
  const { size } = range;
  switch (encoding) {
    case "none":
      return { mediaType: mediaType.ociLayer, digest: diffId, size };
    case "gzip":
      return { mediaType: mediaType.ociLayerGzip, digest: digestIn(name) ?? (await hashRange(range)), size };
    case "zstd":
      return { mediaType: mediaType.ociLayerZstd, digest: digestIn(name) ?? (await hashRange(range)), size };
  }
}

/** The digest that the name of a file in `blobs/sha256/` is; reading the blob checks it. */
function digestIn(name: string): Digest | undefined {
  const digest = name.startsWith("blobs/sha256/")
    ? `sha256:${name.slice("blobs/sha256/".length)}`
    : undefined;
  return isDigest(digest) ? digest : undefined;
}

function checkConfigDigest(files: ImageFiles, name: string, digest: Digest): void {
  const found = digestOf(readRange(files.find(name)!));
  if (found !== digest) throw damaged(files.base, digest, `its content has the digest ${found}`);
}
