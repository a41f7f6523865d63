import { canonicalJson } from "../core/json.js";
import { familiarReference, parseReference } from "../oci/reference.js";
import type { Lock, LockedImage } from "./lock.js";

/**
 * The lock that is written when the file changed since it was read: our changes and those of the other writer. Where
 * both locked the same new thing the first one keeps its entry, so that two builds that run side by side build the
 * same; where we changed what was there before, which only an update does, ours holds.
 */
export function mergeLocks(read: Lock, ours: Lock, theirs: Lock): Lock {
  const encoders = mergeEntries(
    read.encoders ?? {},
    ours.encoders ?? {},
    theirs.encoders ?? {},
    () => undefined,
  );
  const certificates = mergeEntry(read.certificates, ours.certificates, theirs.certificates, () => undefined);
  return {
    images: mergeEntries(read.images, ours.images, theirs.images, joinedPlatforms),
    files: mergeEntries(read.files, ours.files, theirs.files, () => undefined),
    layering: mergeEntries(read.layering, ours.layering, theirs.layering, () => undefined),
    ...(Object.keys(encoders).length === 0 ? {} : { encoders }),
    ...(certificates === undefined ? {} : { certificates }),
  };
}

function mergeEntries<T>(
  read: Readonly<Record<string, T>>,
  ours: Readonly<Record<string, T>>,
  theirs: Readonly<Record<string, T>>,
  join: (ours: T, theirs: T) => T | undefined,
): Record<string, T> {
  const merged: Record<string, T> = {};
  for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const entry = mergeEntry(read[key], ours[key], theirs[key], join);
    if (entry !== undefined) merged[key] = entry;
  }
  return merged;
}

function mergeEntry<T>(
  read: T | undefined,
  ours: T | undefined,
  theirs: T | undefined,
  join: (ours: T, theirs: T) => T | undefined,
): T | undefined {
  if (isSame(ours, read)) return theirs;
  if (isSame(theirs, read)) return ours;
  if (ours === undefined || theirs === undefined) return ours ?? theirs;
  return join(ours, theirs) ?? (read === undefined ? theirs : ours);
}

/** Two that locked the same index for different platforms are both right. */
function joinedPlatforms(ours: LockedImage, theirs: LockedImage): LockedImage | undefined {
  if (ours.digest !== theirs.digest) return undefined;
  return { digest: ours.digest, platforms: { ...ours.platforms, ...theirs.platforms } };
}

function isSame(left: unknown, right: unknown): boolean {
  return left === right || canonicalJson(left ?? null) === canonicalJson(right ?? null);
}

/** True when a word of `lock --update` means a reference: its repository, or all of it, in short or in full. */
export function meansImage(word: string, reference: string): boolean {
  const familiar = familiarReference(reference);
  const { domain, path } = parseReference(reference);
  const repository = familiar.slice(0, familiar.lastIndexOf(":"));
  return [familiar, repository, reference, `${domain}/${path}`].includes(word);
}

/** True when a word of `lock --update` means a URL: all of it, its host, or the name of the file. */
export function meansFile(word: string, url: string): boolean {
  const { host, pathname } = new URL(url);
  return [url, host, pathname.slice(pathname.lastIndexOf("/") + 1)].includes(word);
}

/**
 * True when a word of `lock --update` means what was decided about layers: `layers` is all of it, a name that of one
 * image.
 */
export function meansLayering(word: string, images: readonly string[]): boolean {
  return word === "layers" || images.includes(word);
}
