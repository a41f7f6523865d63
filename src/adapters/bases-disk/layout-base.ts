import { PlanError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/descriptor.js";
import { type Digest, digestHex } from "../../oci/digest.js";
import type { ImageConfig } from "../../oci/image-config.js";
import type { ImageManifest } from "../../oci/manifest.js";
import { mediaType } from "../../oci/media-type.js";
import type { Platform } from "../../oci/platform.js";
import type { BaseLayer } from "../../ports/base-source.js";
import { layerAt } from "./base-layers.js";
import { chooseByTag, isImage } from "./choose-image.js";
import { platformFit, platformText } from "./choose-platform.js";
import { readConfig } from "./config-document.js";
import { type ImageFiles, invalid } from "./image-files.js";
import { MAX_DOCUMENT, objectOf, readBlobDocument, readDocument } from "./json-document.js";
import { isIndexType, readIndex, readManifest } from "./manifest-document.js";

/** An image with its documents read and its layers found. */
export interface FoundImage {
  readonly config: ImageConfig;
  readonly layers: readonly BaseLayer[];
  readonly digest?: Digest;
  readonly references?: readonly string[];
}

/** Indexes one in another; a chain that is longer is somebody's joke. */
const MAX_NESTING = 4;

/** Bytes of the `oci-layout` file at most. */
const MAX_LAYOUT_FILE = 4096;

/** Finds the image of an OCI layout that a tag and a platform mean (image-spec image-layout.md). */
export function findLayoutImage(files: ImageFiles, tag: string | undefined, platform: Platform): FoundImage {
  checkVersion(files);
  const document = readDocument(files, "index.json", "index.json", MAX_DOCUMENT);
  if (document === undefined) throw invalid(files.base, "index.json", "is missing");
  const chosen = chooseByTag(files.base, readIndex(document), tag);
  const offers = chosen.flatMap((descriptor) => manifestsOf(files, descriptor, MAX_NESTING));
  const images = offers.map((descriptor) => lazyImage(files, descriptor));
  // A manifest in the layout's own index often does not say its platform; its config does.
  const fits = images.map((image) => ({ image, fit: platformFit(image.platform, platform) }));
  const best = fits.reduce((left, right) => (right.fit > left.fit ? right : left), {
    image: undefined,
    fit: 0,
  } as {
    image: LazyImage | undefined;
    fit: number;
  });
  if (best.image === undefined)
    throw platformMissing(
      files.base,
      platform,
      images.map((image) => image.platform),
    );
  const { manifest, config } = best.image.read();
  if (platformFit(config, platform) === 0) throw platformMissing(files.base, platform, [config]);
  const layers = manifest.layers.map((descriptor, at) => {
    const range = files.find(`blobs/sha256/${digestHex(descriptor.digest)}`);
    const name = `the layer ${descriptor.digest}`;
    if (range === undefined) throw invalid(files.base, name, "is missing");
    if (range.size !== descriptor.size) {
      throw invalid(files.base, name, `has ${range.size} bytes and is said to have ${descriptor.size}`);
    }
    return layerAt(files.base, descriptor, config.rootfs.diff_ids[at]!, range);
  });
  const { digest, annotations } = best.image.descriptor;
  const reference = annotations?.["io.containerd.image.name"];
  return { config, layers, digest, ...(reference === undefined ? {} : { references: [reference] }) };
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

/** The manifests of images that a descriptor leads to. */
function manifestsOf(files: ImageFiles, descriptor: Descriptor, depth: number): Descriptor[] {
  if (!isIndexType(descriptor.mediaType)) return [descriptor];
  const name = `the index ${descriptor.digest}`;
  if (depth === 0) throw invalid(files.base, name, `is the ${MAX_NESTING + 1}th index one in another`);
  const index = readIndex(
    readBlobDocument(files, descriptor.digest, descriptor.size, name),
    descriptor.mediaType,
  );
  return index.manifests.filter(isImage).flatMap((inner) => manifestsOf(files, inner, depth - 1));
}

interface LazyImage {
  readonly descriptor: Descriptor;
  readonly platform: Platform;
  read(): { readonly manifest: ImageManifest; readonly config: ImageConfig };
}

/** Reads an image's documents when they are needed: an index may name platforms that are not in this layout. */
function lazyImage(files: ImageFiles, descriptor: Descriptor): LazyImage {
  const read = () => readImage(files, descriptor);
  const platform = descriptor.platform ?? undefined;
  if (platform !== undefined) return { descriptor, platform, read };
  const image = read();
  return { descriptor, platform: image.config, read: () => image };
}

function readImage(
  files: ImageFiles,
  descriptor: Descriptor,
): { manifest: ImageManifest; config: ImageConfig } {
  const { digest, size, mediaType: type } = descriptor;
  const manifest = readManifest(readBlobDocument(files, digest, size, `the manifest ${digest}`), type);
  const { config } = manifest;
  if (config.mediaType !== mediaType.ociConfig && config.mediaType !== mediaType.dockerConfig) {
    const reason = `its config is of the type ${JSON.stringify(config.mediaType.slice(0, 120))}, so it is no container image`;
    throw new PlanError("BASE_UNSUPPORTED", { path: files.base, reason }, { subject: files.base });
  }
  const document = readBlobDocument(files, config.digest, config.size, `the config ${config.digest}`);
  return { manifest, config: readConfig(document, manifest.layers.length) };
}
