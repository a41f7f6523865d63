import { empty, refuse } from "./answers.js";
import { Content } from "./content.js";
import { missingParts, readManifest, subjectDigest } from "./manifest-document.js";
import { digestAlgorithm } from "./named-digest.js";
import { receive } from "./receive.js";
import type { RegistryState, RepositoryState, StoredManifest } from "./registry-state.js";

/** What registries agree to take at least, and most take at most: 4 MiB. */
const MAX_BYTES = 4 * 1024 * 1024;

const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** GET, HEAD, PUT and DELETE of a manifest or index, by tag or digest. */
export async function answerManifest(
  state: RegistryState,
  name: string,
  reference: string,
  request: Request,
): Promise<Response> {
  if (reference.includes(":") && digestAlgorithm(reference) === undefined) {
    return refuse(400, "DIGEST_INVALID", "invalid digest", { detail: { digest: reference } });
  }
  if (!reference.includes(":") && !TAG.test(reference)) {
    return refuse(400, "TAG_INVALID", "invalid tag", { detail: { tag: reference } });
  }
  if (request.method === "PUT") return putManifest(state, name, reference, request);
  const repository = state.find(name);
  if (repository === undefined) return refuse(404, "NAME_UNKNOWN", "repository name not known to registry");
  const manifest = repository.manifest(reference);
  if (manifest === undefined) return unknownManifest(reference);
  if (request.method === "DELETE") return remove(repository, reference);
  // Older clients name the types that they can read; what they cannot is not there for them.
  if (!accepts(request.headers.get("accept"), manifest.mediaType)) return unknownManifest(reference);
  return new Response(new Uint8Array(manifest.bytes), {
    headers: {
      "content-type": manifest.mediaType,
      "content-length": String(manifest.bytes.length),
      "docker-content-digest": manifest.digest,
    },
  });
}

function unknownManifest(reference: string): Response {
  return refuse(404, "MANIFEST_UNKNOWN", "manifest unknown", { detail: { reference } });
}

function accepts(header: string | null, type: string): boolean {
  if (header === null) return true;
  const types = header.split(",").map((part) => part.split(";")[0]!.trim());
  return types.some((accepted) => ["*/*", "application/*", type].includes(accepted));
}

async function putManifest(
  state: RegistryState,
  name: string,
  reference: string,
  request: Request,
): Promise<Response> {
  const content = new Content();
  if (!(await receive(request, content, MAX_BYTES))) {
    return refuse(413, "SIZE_INVALID", `the manifest is larger than ${MAX_BYTES} bytes`);
  }
  const digest = content.digest(digestAlgorithm(reference) ?? "sha256");
  if (reference.includes(":") && digest !== reference) {
    return refuse(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  }
  const bytes = content.bytes();
  const read = readManifest(bytes, request.headers.get("content-type"));
  if ("wrong" in read) return refuse(400, "MANIFEST_INVALID", `manifest invalid: ${read.wrong}`);
  const repository = state.open(name);
  const missing = missingParts(read.document, repository);
  if (missing.length > 0) {
    return refuse(
      400,
      "MANIFEST_BLOB_UNKNOWN",
      "manifest references a manifest or blob unknown to registry",
      {
        detail: missing.map((digest) => ({ digest })),
      },
    );
  }
  store(repository, reference, { digest, bytes, ...read });
  const subject = subjectDigest(read.document);
  return empty(201, {
    location: `/v2/${name}/manifests/${digest}`,
    "docker-content-digest": digest,
    ...(subject === undefined ? {} : { "oci-subject": subject }),
  });
}

function store(repository: RepositoryState, reference: string, manifest: StoredManifest): void {
  repository.manifests.set(manifest.digest, manifest);
  if (!reference.includes(":")) repository.tags.set(reference, manifest.digest);
}

/** A tag goes alone; a digest takes its tags along. */
function remove(repository: RepositoryState, reference: string): Response {
  if (!repository.tags.delete(reference)) {
    repository.manifests.delete(reference);
    for (const [tag, digest] of repository.tags) {
      if (digest === reference) repository.tags.delete(tag);
    }
  }
  return empty(202);
}
