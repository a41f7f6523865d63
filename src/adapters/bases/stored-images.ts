import { isObject } from "../../core/json.js";
import { PlanError } from "../../errors/layerwright-error.js";
import {
  byName,
  chooseByTag,
  chooseImage,
  type ImageReader,
  listImages,
  type PlatformWish,
  platformFit,
  platformMissing,
  tagNeeded,
} from "../../oci/choose-image.js";
import { type Digest, digestHex, digestOf, isDigest } from "../../oci/digest.js";
import {
  checkConfigType,
  invalid,
  type JsonDocument,
  type JsonObject,
  objectOf,
  readConfig,
  readIndex,
  readManifest,
} from "../../oci/documents.js";
import type { ImageConfig } from "../../oci/image-config.js";
import {
  type Descriptor,
  type ImageManifest,
  type LayerEncoding,
  MAX_DOCUMENT,
  mediaType,
} from "../../oci/manifest.js";
import { platformText } from "../../oci/platform.js";
import type { BaseLayer } from "../../ports/base-source.js";
import { layerAt, sniffLayer } from "./base-layers.js";
import {
  damaged,
  type HostRange,
  hashRange,
  type ImageFiles,
  readBlobDocument,
  readDocument,
  readRange,
} from "./image-files.js";

/** An image with its documents read and its layers found. */
export interface FoundImage {
  readonly config: ImageConfig;
  readonly layers: readonly BaseLayer[];
  readonly digest?: Digest;
  readonly references?: readonly string[];
}

/** Bytes of the `oci-layout` file at most. */
const MAX_LAYOUT_FILE = 4096;

/** Finds the image of an OCI layout that a tag and a platform mean (image-spec image-layout.md). */
export async function findLayoutImage(
  files: ImageFiles,
  tag: string | undefined,
  wish: PlatformWish,
): Promise<FoundImage> {
  checkVersion(files);
  const document = readDocument(files, "index.json", "index.json", MAX_DOCUMENT);
  if (document === undefined) throw invalid(files.base, "index.json", "is missing");
  const tops = chooseByTag(files.base, readIndex(document), tag);
  const reader = readerOf(files);
  if (tops.length > 1) await checkAlternatives(files.base, tops, reader);
  const chosen = await chooseImage(tops, wish, reader);
  const { manifest, config } = await chosen.read();
  const layers = manifest.layers.map((descriptor, at) => {
    const range = files.find(`blobs/sha256/${digestHex(descriptor.digest)}`);
    const name = `the layer ${descriptor.digest}`;
    if (range === undefined) throw invalid(files.base, name, "is missing");
    if (range.size !== descriptor.size) {
      throw invalid(files.base, name, `has ${range.size} bytes and is said to have ${descriptor.size}`);
    }
    return layerAt(files.base, descriptor, config.rootfs.diff_ids[at]!, range);
  });
  const { digest, annotations } = chosen.descriptor;
  const reference = annotations?.["io.containerd.image.name"];
  return { config, layers, digest, ...(reference === undefined ? {} : { references: [reference] }) };
}

/** Refuses several images for one platform where nothing says which is meant. */
async function checkAlternatives(
  base: string,
  tops: readonly Descriptor[],
  reader: ImageReader<LayoutImage>,
): Promise<void> {
  const offers = await listImages(tops, reader);
  const platforms = new Set(offers.map(({ platform }) => platformText(platform)));
  if (platforms.size < offers.length) throw tagNeeded(base, tops);
}

function checkVersion(files: ImageFiles): void {
  const document = readDocument(files, "oci-layout", "the file oci-layout", MAX_LAYOUT_FILE);
  if (document === undefined) {
    const docker = files.find("manifest.json") !== undefined;
    const found = docker ? "what docker save writes" : "something without the file oci-layout";
    const parameters = { path: files.base, expected: "an OCI layout", found };
    throw new PlanError("BASE_KIND_WRONG", parameters, { subject: files.base });
  }
  const version = objectOf(document, ["imageLayoutVersion"])["imageLayoutVersion"];
  if (version !== "1.0.0") {
    throw invalid(
      files.base,
      document.name,
      `has the imageLayoutVersion ${JSON.stringify(version)}, not "1.0.0"`,
    );
  }
}

interface LayoutImage {
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
}

function readerOf(files: ImageFiles): ImageReader<LayoutImage> {
  return {
    name: files.base,
    has: ({ digest }) => files.find(`blobs/sha256/${digestHex(digest)}`) !== undefined,
    index: async ({ digest, size, mediaType: type }) =>
      readIndex(readBlobDocument(files, digest, size, `the index ${digest}`), type),
    image: async (descriptor) => readImage(files, descriptor),
    platformOf: ({ config }) => config,
  };
}

function readImage(files: ImageFiles, { digest, size, mediaType: type }: Descriptor): LayoutImage {
  const manifest = readManifest(readBlobDocument(files, digest, size, `the manifest ${digest}`), type);
  const { config } = manifest;
  checkConfigType(files.base, config);
  const document = readBlobDocument(files, config.digest, config.size, `the config ${config.digest}`);
  return { manifest, config: readConfig(document, manifest.layers.length) };
}

/**
 * Finds the image of a `docker save` archive that a tag means. Such an archive has no manifest of its own, so the
 * descriptors of its layers are computed: the diff_id of a plain tar, the hash of a compressed one.
 */
export async function findArchiveImage(
  files: ImageFiles,
  tag: string | undefined,
  { platform, acceptOnly = false }: PlatformWish,
): Promise<FoundImage> {
  const image = imageCalled(files.base, readArchiveManifest(files), tag);
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

function imageCalled(base: string, images: readonly ArchiveImage[], tag: string | undefined): ArchiveImage {
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

/** One image of a `docker save` archive. */
interface ArchiveImage {
  /** Name of the config's file in the archive. */
  readonly config: string;
  readonly tags: readonly string[];
  /** Names of the layers' files, bottom first. */
  readonly layers: readonly string[];
}

/** Bytes of manifest.json at most, as containers/image has it. */
const MAX_MANIFEST = 1 << 20;

/** The images that manifest.json of a `docker save` archive names. */
function readArchiveManifest(files: ImageFiles): readonly ArchiveImage[] {
  const document = readDocument(files, "manifest.json", "manifest.json", MAX_MANIFEST);
  if (document === undefined) throw notAnArchive(files);
  if (!Array.isArray(document.value)) throw invalid(document.base, document.name, "is no list");
  return document.value.map((image, at) => archiveImage(document, image, at));
}

function notAnArchive(files: ImageFiles): PlanError {
  let found = "something without a manifest.json";
  if (files.find("oci-layout") !== undefined) found = "an OCI layout";
  else if (files.find("repositories") !== undefined)
    found = "an archive of Docker before 1.10, which is not supported";
  const parameters = { path: files.base, expected: "an archive that docker save writes", found };
  return new PlanError("BASE_KIND_WRONG", parameters, { subject: files.base });
}

function archiveImage(document: JsonDocument, value: unknown, at: number): ArchiveImage {
  const wrong = (reason: string) => invalid(document.base, document.name, `${reason} (image ${at + 1})`);
  if (!isObject(value)) throw wrong("holds something that is no object");
  const [config, tags, layers] = ["Config", "RepoTags", "Layers"].map((key) => member(value, key, wrong));
  if (typeof config !== "string" || config === "") throw wrong("names no Config");
  if (!isTextList(layers ?? [])) throw wrong("has no list of Layers");
  if (!isTextList(tags ?? [])) throw wrong("has RepoTags that are no list of texts");
  const names = (layers ?? []) as readonly string[];
  for (const name of [config, ...names]) {
    // A name is looked up in the archive only, but one that leads out of it was written to harm somebody.
    if (!isPlainName(name))
      throw wrong(`names the file ${JSON.stringify(name.slice(0, 120))}, which is not inside the archive`);
  }
  return { config: plainName(config), tags: (tags ?? []) as readonly string[], layers: names.map(plainName) };
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isPlainName(name: string): boolean {
  return !/^[/\\]|\0|\\|^[A-Za-z]:/.test(name) && name !== "" && !name.split("/").includes("..");
}

function plainName(name: string): string {
  return name
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

/** A member by its name in any case, as Docker's own reader has it; two spellings of one are two meanings. */
function member(value: JsonObject, name: string, wrong: (reason: string) => Error): unknown {
  const keys = Object.keys(value).filter((key) => key.toLowerCase() === name.toLowerCase());
  if (keys.length > 1) throw wrong(`has ${keys.map((key) => JSON.stringify(key)).join(" and ")}`);
  return keys.length === 0 ? undefined : value[keys[0]!];
}
