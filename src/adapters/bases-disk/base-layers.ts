import { PlanError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/descriptor.js";
import type { Digest } from "../../oci/digest.js";
import { type LayerEncoding, mediaType } from "../../oci/media-type.js";
import type { BaseLayer } from "../../ports/base-source.js";
import type { ReadOptions } from "../../ports/blob-store.js";
import { type HostRange, readRange, streamVerified } from "./host-range.js";
import { invalid } from "./image-files.js";
import { MAGIC_LENGTH, magicOf } from "./sniff.js";

const ENCODINGS: Readonly<Record<string, LayerEncoding>> = {
  [mediaType.ociLayer]: "none",
  [mediaType.ociLayerGzip]: "gzip",
  [mediaType.ociLayerZstd]: "zstd",
  [mediaType.dockerLayer]: "none",
  [mediaType.dockerLayerGzip]: "gzip",
  // Docker has no word for it, and some tools write it all the same.
  "application/vnd.docker.image.rootfs.diff.tar.zstd": "zstd",
  // Deprecated, but Windows bases and old exports have them; usable when the blob is there.
  "application/vnd.oci.image.layer.nondistributable.v1.tar": "none",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip": "gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd": "zstd",
  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip": "gzip",
};

/** The compression that a layer's media type says, or a refusal. */
export function encodingOf(base: string, type: string): LayerEncoding {
  const encoding = Object.hasOwn(ENCODINGS, type) ? ENCODINGS[type] : undefined;
  if (encoding !== undefined) return encoding;
  const reason = `it has a layer of the type ${JSON.stringify(type.slice(0, 120))}`;
  throw new PlanError("BASE_UNSUPPORTED", { path: base, reason }, { subject: base });
}

/** How a layer's first bytes say that it is compressed; xz and bzip2 are refused. */
export function sniffLayer(base: string, name: string, range: HostRange): LayerEncoding {
  const magic = magicOf(readRange({ ...range, size: Math.min(MAGIC_LENGTH, range.size) }));
  if (magic === "gzip" || magic === "zstd" || magic === "none") return magic;
  const reason = `${name} is compressed with ${magic}`;
  throw new PlanError("BASE_UNSUPPORTED", { path: base, reason }, { subject: base });
}

/** A layer at a place on disk, with what the manifest says of it. Its media type has to say what its bytes are. */
export function layerAt(base: string, descriptor: Descriptor, diffId: Digest, range: HostRange): BaseLayer {
  const encoding = encodingOf(base, descriptor.mediaType);
  const name = `the layer ${descriptor.digest}`;
  const found = sniffLayer(base, name, range);
  if (found !== encoding)
    throw invalid(base, name, `is said to be ${said(encoding)}, and its bytes are ${said(found)}`);
  if (encoding === "none" && descriptor.digest !== diffId) {
    throw invalid(base, name, `is not compressed, and the config calls it ${diffId}`);
  }
  const blob = (options?: ReadOptions) => streamVerified(base, range, descriptor.digest, options);
  if (encoding !== "none") return { diffId, descriptor, encoding, blob };
  return { diffId, descriptor, encoding, blob, plain: { path: range.path, offset: range.offset } };
}

function said(encoding: LayerEncoding): string {
  return encoding === "none" ? "a plain tar" : encoding;
}
