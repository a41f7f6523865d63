import { mediaType } from "../../oci/media-type.js";
import { json, refuse } from "./answers.js";
import { subjectDigest } from "./manifest-document.js";
import { digestAlgorithm } from "./named-digest.js";
import type { RepositoryState, StoredManifest } from "./registry-state.js";

/** The documents that name a digest as their subject, as an index. None is an empty index, not a failure. */
export function answerReferrers(
  repository: RepositoryState | undefined,
  digest: string,
  request: Request,
): Response {
  if (digestAlgorithm(digest) === undefined) return refuse(400, "DIGEST_INVALID", "invalid digest");
  const wanted = new URL(request.url).searchParams.get("artifactType");
  const manifests = [...(repository?.manifests.values() ?? [])]
    .filter(({ document }) => subjectDigest(document) === digest)
    .map(referrer)
    .filter(({ artifactType }) => wanted === null || artifactType === wanted);
  const index = { schemaVersion: 2, mediaType: mediaType.ociIndex, manifests };
  const filtered = wanted === null ? {} : { "oci-filters-applied": "artifactType" };
  return json(index, { headers: { "content-type": mediaType.ociIndex, ...filtered } });
}

function referrer({ mediaType, digest, bytes, document }: StoredManifest) {
  const config = document["config"] as { readonly mediaType?: unknown } | undefined;
  const artifactType = document["artifactType"] ?? config?.mediaType;
  const { annotations } = document;
  return {
    mediaType,
    digest,
    size: bytes.length,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
