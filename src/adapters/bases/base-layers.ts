import { PlanError } from "../../errors/layerwright-error.js";
import type { Digest } from "../../oci/digest.js";
import { invalid } from "../../oci/documents.js";
import { type Descriptor, type LayerEncoding, mediaType } from "../../oci/manifest.js";
import type { BaseLayer } from "../../ports/base-source.js";
import type { ReadOptions } from "../../ports/blob-store.js";
import { type HostRange, readRange, streamVerified } from "./image-files.js";

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

/** The compression that a layer's first bytes show; xz and bzip2 are refused. */
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

/** The compression of bytes, by their first ones. */
type Magic = "gzip" | "zstd" | "xz" | "bzip2" | "none";

/** Bytes that `magicOf` needs to see. */
export const MAGIC_LENGTH = 6;

/** Tells compressed data by its magic number; everything else is `none`. */
export function magicOf(head: Uint8Array): Magic {
  if (startsWith(head, [0x1f, 0x8b])) return "gzip";
  if (startsWith(head, [0x28, 0xb5, 0x2f, 0xfd])) return "zstd";
  // A skippable frame (0x184D2A50 to 0x184D2A5F) may come first, e.g. from pzstd.
  if (head.length >= 4 && (head[0]! & 0xf0) === 0x50 && startsWith(head.subarray(1), [0x2a, 0x4d, 0x18]))
    return "zstd";
  if (startsWith(head, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])) return "xz";
  if (startsWith(head, [0x42, 0x5a, 0x68])) return "bzip2";
  return "none";
}

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => head[index] === byte);
}
