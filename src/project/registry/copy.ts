import { canonicalReference, parseReference, type Reference } from "../../oci/reference.js";
import type { RegistryDocument } from "../../ports/registry.js";
import type { CopyOptions } from "./copy-contents.js";
import { openRegistry } from "./open-registry.js";

/** What was copied, and what that took. */
export interface CopyResult {
  /** Full. */
  readonly from: string;
  readonly to: string;
  readonly digest: string;
  /** True when everything was there, so that only the tag was set. */
  readonly complete: boolean;
  /** Bytes of blobs that were sent. */
  readonly sentBytes: number;
}

/** Copies an image; what has to be loaded for blobs that are not there is loaded only then. */
export async function copyImage(fromName: string, toName: string, options: CopyOptions): Promise<CopyResult> {
  const [from, to] = [withTag(parseReference(fromName)), withTag(parseReference(toName))];
  const { signal } = options;
  const registry = await openRegistry(options);
  try {
    const document = await registry.document(from, signal);
    const { digest } = document.descriptor;
    // A repository that has the manifest has all that it names.
    const there = await registry.resolve({ domain: to.domain, path: to.path, digest }, signal);
    const complete = there?.digest === digest;
    let sentBytes = 0;
    if (!complete) {
      const { copyContents } = await import("./copy-contents.js");
      sentBytes = await copyContents(document, from, to, registry, options);
    }
    await registry.putDocument(to, document satisfies RegistryDocument, signal);
    return { from: canonicalReference(from), to: canonicalReference(to), digest, complete, sentBytes };
  } finally {
    if (options.registry === undefined) await registry.close();
  }
}

function withTag(reference: Reference): Reference {
  const { domain, path, tag, digest } = reference;
  return {
    domain,
    path,
    ...(digest === undefined ? { tag: tag ?? "latest" } : {}),
    ...(digest && { digest }),
    ...(tag && { tag }),
  };
}
