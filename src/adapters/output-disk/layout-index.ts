import { readFileSync } from "node:fs";
import { canonicalJson } from "../../core/json.js";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/descriptor.js";
import { isDigest } from "../../oci/digest.js";
import { mediaType } from "../../oci/media-type.js";
import { IMAGE_NAME, REF_NAME } from "./image-set.js";

/** An index as it was found; what we do not know of it is kept. */
type FoundIndex = Readonly<Record<string, unknown>> & { readonly manifests: readonly Descriptor[] };

/** Reads the index of a layout that is there already; an empty one when there is none. Throws `LAYOUT_INVALID`. */
export function readLayoutIndex(path: string, folder: string): FoundIndex {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { schemaVersion: 2, mediaType: mediaType.ociIndex, manifests: [] };
  }
  const index = tryParse(text);
  if (isIndex(index)) return index;
  // Replacing it would lose the tags that somebody may still recover.
  const reason = "its index.json is not an index of images";
  throw new EnvironmentError("LAYOUT_INVALID", { path: folder, reason }, { subject: path });
}

/** The index with images added: a descriptor of the same name goes, all others stay where they are. */
export function extendIndex(index: FoundIndex, added: readonly Descriptor[]): string {
  const kept = index.manifests.filter((old) => !added.some((descriptor) => replaces(descriptor, old)));
  return canonicalJson({ ...index, manifests: [...kept, ...added] });
}

function replaces(added: Descriptor, old: Descriptor): boolean {
  const name = added.annotations?.[IMAGE_NAME];
  const oldName = old.annotations?.[IMAGE_NAME];
  const oldTag = old.annotations?.[REF_NAME];
  if (name === undefined) return oldName === undefined && oldTag === undefined && old.digest === added.digest;
  if (oldName !== undefined) return oldName === name;
  return oldTag !== undefined && (oldTag === added.annotations?.[REF_NAME] || oldTag === name);
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isIndex(value: unknown): value is FoundIndex {
  if (value === null || typeof value !== "object") return false;
  const { schemaVersion, manifests } = value as { schemaVersion?: unknown; manifests?: unknown };
  return schemaVersion === 2 && Array.isArray(manifests) && manifests.every((one) => isDigest(one?.digest));
}
