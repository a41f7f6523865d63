import { type Digest, isDigest } from "./digest.js";
import { canonicalReference, parseReference } from "./reference.js";

/** The annotations of a manifest that say what an image stands on (image-spec annotations.md). */
const BASE_NAME = "org.opencontainers.image.base.name";
const BASE_DIGEST = "org.opencontainers.image.base.digest";

/** The annotation of a layer's descriptor that says what the layer took from the base of its image. */
export const LAYER_BASE_USE = "dev.layerwright.layer.base";

/**
 * The use that a layer made of its base: `run`, a command ran on it; `contents`, its files are in the layer or were
 * looked into; `names`, owners were looked up in its accounts; `files`, the directories around what is written were
 * looked up; `none`, nothing: the layer is the same on every base.
 */
export type BaseUse = "run" | "contents" | "names" | "files" | "none";

const USES: readonly BaseUse[] = ["run", "contents", "names", "files", "none"];

/** The image that another one stands on. */
export interface BaseIdentity {
  /** Full reference, without a digest where it has a tag. */
  readonly name: string;
  /** Digest of its manifest for the platform. */
  readonly digest: Digest;
}

/** The name of a base: its tag is what a newer one is found by, so the digest is named only where there is no tag. */
export function baseName(reference: string): string {
  const parsed = parseReference(reference);
  const { domain, path, tag, digest } = parsed;
  // A name by digest alone must not become "latest".
  return canonicalReference(
    tag === undefined && digest !== undefined ? parsed : { domain, path, ...(tag && { tag }) },
  );
}

/** The annotations that say it. */
export function baseAnnotations({ name, digest }: BaseIdentity): Record<string, string> {
  return { [BASE_NAME]: name, [BASE_DIGEST]: digest };
}

/** The facts about the base that annotations hold. */
export function readBaseAnnotations(
  annotations: Readonly<Record<string, string>> = {},
): Partial<BaseIdentity> {
  const name = annotations[BASE_NAME];
  const digest = annotations[BASE_DIGEST];
  return { ...(name === undefined ? {} : { name }), ...(isDigest(digest) ? { digest } : {}) };
}

/** The use that a layer's descriptor states; undefined where it states none that is known. */
export function readBaseUse(annotations: Readonly<Record<string, string>> = {}): BaseUse | undefined {
  return USES.find((use) => use === annotations[LAYER_BASE_USE]);
}
