import type { Digest } from "../oci/digest.js";
import type { Lock, LockedCertificates, LockedEncoder, LockedFile, LockedLayering } from "./lock.js";

/** The difference of one entry between two locks. */
export type LockChange = ImageChange | FileChange | LayeringChange | EncoderChange | CertificatesChange;

/** An image for one platform. `digest` is what the reference names, `manifest` the image in it. */
export interface ImageChange {
  readonly kind: "image";
  readonly change: "added" | "removed" | "changed";
  readonly reference: string;
  readonly platform: string;
  readonly before?: LockedState;
  readonly after?: LockedState;
}

/** An image as a lock has it. */
export interface LockedState {
  readonly digest: Digest;
  readonly manifest: Digest;
  /** Compressed bytes of all layers. */
  readonly size: number;
}

/** A file behind a URL. */
export interface FileChange {
  readonly kind: "file";
  readonly change: "added" | "removed" | "changed";
  readonly url: string;
  readonly before?: LockedFile;
  readonly after?: LockedFile;
}

/** The layers of a stage with squash `"auto"`. */
export interface LayeringChange {
  readonly kind: "layering";
  readonly change: "added" | "removed" | "changed";
  readonly stage: string;
  readonly before?: LockedLayering;
  readonly after?: LockedLayering;
}

/** The implementation of a compression. One that is recorded for the first time changes no image, so it is not told. */
export interface EncoderChange {
  readonly kind: "encoder";
  readonly change: "added" | "removed" | "changed";
  /** `gzip` or `zstd`. */
  readonly compression: string;
  readonly before?: LockedEncoder;
  readonly after?: LockedEncoder;
}

/** The list of `caCertificates()`; one that is recorded for the first time is not told. */
export interface CertificatesChange {
  readonly kind: "certificates";
  readonly change: "added" | "removed" | "changed";
  readonly before?: LockedCertificates;
  readonly after?: LockedCertificates;
}

/** The changes from one lock to another: images by reference and platform, files by URL, layers by stage, encoders. */
export function lockDiff(before: Lock, after: Lock): LockChange[] {
  const images = pairs(statesOf(before), statesOf(after)).map(([key, change]) => {
    const [reference, platform] = key.split(" ") as [string, string];
    return { kind: "image" as const, reference, platform, ...change };
  });
  const files = pairs(before.files, after.files).map(([url, change]) => ({
    kind: "file" as const,
    url,
    ...change,
  }));
  const layering = pairs(before.layering, after.layering).map(([stage, change]) => ({
    kind: "layering" as const,
    stage,
    ...change,
  }));
  const encoders = pairs(before.encoders ?? {}, after.encoders ?? {})
    .filter(([, { change }]) => change !== "added")
    .map(([compression, change]) => ({ kind: "encoder" as const, compression, ...change }));
  const certificates = pairs(listOf(before), listOf(after))
    .filter(([, { change }]) => change !== "added")
    .map(([, change]) => ({ kind: "certificates" as const, ...change }));
  return [...images, ...files, ...layering, ...encoders, ...certificates];
}

function listOf({ certificates }: Lock): Record<string, LockedCertificates> {
  return certificates === undefined ? {} : { certificates };
}

function statesOf({ images }: Lock): Record<string, LockedState> {
  return Object.fromEntries(
    Object.entries(images).flatMap(([reference, { digest, platforms }]) =>
      Object.entries(platforms).map(([platform, { digest: manifest, size }]) => [
        `${reference} ${platform}`,
        { digest, manifest, size },
      ]),
    ),
  );
}

interface Change<T> {
  readonly change: "added" | "removed" | "changed";
  readonly before?: T;
  readonly after?: T;
}

function pairs<T>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
): (readonly [string, Change<T>])[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key): (readonly [string, Change<T>])[] => {
    const [old, now] = [before[key], after[key]];
    if (old === undefined) return now === undefined ? [] : [[key, { change: "added", after: now }]];
    if (now === undefined) return [[key, { change: "removed", before: old }]];
    if (JSON.stringify(old) === JSON.stringify(now)) return [];
    return [[key, { change: "changed", before: old, after: now }]];
  });
}
