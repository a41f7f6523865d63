import { empty, refuse } from "./answers.js";
import type { Content } from "./content.js";
import { digestAlgorithm } from "./named-digest.js";
import type { RepositoryState } from "./registry-state.js";

/** Takes what was sent as a blob, if it has the digest that the sender names. */
export function finishBlob(
  repository: RepositoryState,
  name: string,
  content: Content,
  digest: string | null,
): Response {
  const algorithm = digestAlgorithm(digest ?? "");
  if (digest === null || algorithm === undefined) {
    return refuse(400, "DIGEST_INVALID", "the digest is missing or not understood", { detail: { digest } });
  }
  const found = content.digest(algorithm);
  if (found !== digest) {
    return refuse(400, "DIGEST_INVALID", "provided digest did not match uploaded content", {
      detail: { digest, found },
    });
  }
  repository.blobs.set(digest, content);
  return blobCreated(name, digest);
}

export function blobCreated(name: string, digest: string): Response {
  return empty(201, { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest });
}
