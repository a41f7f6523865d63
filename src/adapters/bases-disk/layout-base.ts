import { PlanError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/descriptor.js";
import { type Digest, digestHex } from "../../oci/digest.js";
import type { ImageConfig } from "../../oci/image-config.js";
import type { ImageManifest } from "../../oci/manifest.js";
import { MAX_DOCUMENT } from "../../oci/manifest.js";
import type { BaseLayer } from "../../ports/base-source.js";
import { layerAt } from "./base-layers.js";
import { chooseByTag, tagNeeded } from "./choose-by-tag.js";
import { chooseImage, type ImageReader, listImages, type PlatformWish } from "./choose-image.js";
import { platformText } from "./choose-platform.js";
import { checkConfigType, readConfig } from "./config-document.js";
import { type ImageFiles, invalid } from "./image-files.js";
import { objectOf, readBlobDocument, readDocument } from "./json-document.js";
import { readIndex, readManifest } from "./manifest-document.js";

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
