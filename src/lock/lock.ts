import type { Digest } from "../oci/digest.js";
import type { StageLayering } from "../plan/layering.js";

/** Every outside thing of a catalog, by digest: what `layerwright.lock.json` holds. */
export interface Lock {
  /** By full reference, with its tag: `docker.io/library/debian:bookworm-slim`. */
  readonly images: Readonly<Record<string, LockedImage>>;
  /** By URL as the catalog writes it. */
  readonly files: Readonly<Record<string, LockedFile>>;
  /** The decisions about squash `"auto"`, by the id of the stage in the plan that nobody had decided about. */
  readonly layering: Readonly<Record<string, LockedLayering>>;
  /** By compression (`gzip`, `zstd`): the implementation that layers are compressed with. Locks of old have none. */
  readonly encoders?: Readonly<Record<string, LockedEncoder>>;
  /** The list that `caCertificates()` writes, where an image has it. */
  readonly certificates?: LockedCertificates;
}

/** A list of certificates that a runtime brings. */
export interface LockedCertificates {
  readonly count: number;
  /** Of the file in the image: 64 lower-case hex characters. */
  readonly sha256: string;
}

/** The implementation of a compression, which the digests of compressed layers depend on. */
export interface LockedEncoder {
  /** Its name, its version and the rules of layerwright around it. */
  readonly by: string;
  /** The sha256 of a fixed text as it compresses it: 64 lower-case hex characters. */
  readonly probe: string;
}

/** The layers that were decided for the images of one stage. */
export interface LockedLayering extends StageLayering {
  /** Names in the catalog, for people: what is decided holds for the stage. */
  readonly images: readonly string[];
}

/** The image that a reference names. */
export interface LockedImage {
  /** Digest of the index, or of the manifest where there is no index. */
  readonly digest: Digest;
  /** The images in it by platform (`linux/arm/v7`), those that somebody builds for. */
  readonly platforms: Readonly<Record<string, LockedPlatform>>;
}

/** One image of an index. */
export interface LockedPlatform {
  /** Digest of the manifest. */
  readonly digest: Digest;
  /** Compressed bytes of all layers. */
  readonly size: number;
}

/** The file that a URL gives. */
export interface LockedFile {
  /** 64 lower-case hex characters. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** The format that is read and written. A change that older readers would misread gets a new number. */
export const LOCK_VERSION = 1;

/** The file's name in the context directory. */
export const LOCK_NAME = "layerwright.lock.json";

/** A lock that holds nothing. */
export const emptyLock: Lock = { images: {}, files: {}, layering: {} };

/**
 * A lock as the text of its file: keys sorted, and each platform and each file on one line, so that a merge of two
 * branches that locked different things is no conflict.
 */
export function lockText(lock: Lock): string {
  const files = block(lock.files, "    ", ({ sha256, size }) => line({ sha256, size }));
  const images = block(lock.images, "    ", imageText);
  const encoders = block(lock.encoders ?? {}, "    ", ({ by, probe }) => line({ by, probe }));
  const encoded = encoders === "{}" ? "" : `  "encoders": ${encoders},\n`;
  const { certificates } = lock;
  const listed =
    certificates === undefined
      ? ""
      : `  "certificates": ${line({ count: certificates.count, sha256: certificates.sha256 })},\n`;
  const decided = Object.keys(lock.layering).length === 0 ? "" : `  "layering": ${layeringText(lock)},\n`;
  return `{\n${listed}${encoded}  "files": ${files},\n  "images": ${images},\n${decided}  "lockfileVersion": ${LOCK_VERSION}\n}\n`;
}

function layeringText({ layering }: Lock): string {
  return block(layering, "    ", ({ images, layers, melt, portable, why }) => {
    const lines = Object.entries({ images, layers, melt, portable, why }).map(
      ([key, value]) => `      ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
    );
    return `{\n${lines.join(",\n")}\n    }`;
  });
}

function imageText({ digest, platforms }: LockedImage): string {
  const each = block(platforms, "        ", (one) => line({ digest: one.digest, size: one.size }));
  return `{\n      "digest": ${JSON.stringify(digest)},\n      "platforms": ${each}\n    }`;
}

function block<T>(members: Readonly<Record<string, T>>, indent: string, text: (member: T) => string): string {
  const lines = Object.entries(members)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => `${indent}${JSON.stringify(key)}: ${text(member)}`);
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n${indent.slice(2)}}`;
}

function line(members: Readonly<Record<string, string | number>>): string {
  const parts = Object.entries(members).map(
    ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  return `{ ${parts.join(", ")} }`;
}
