import { digestAlgorithm, empty, refuse } from "./answers.js";
import { Content, type RegistryState, type RepositoryState } from "./registry-state.js";

/** POST: mounts a blob of another repository, takes a whole blob, or opens an upload. */
export async function startUpload(state: RegistryState, name: string, request: Request): Promise<Response> {
  const query = new URL(request.url).searchParams;
  const mount = query.get("mount");
  if (mount !== null) {
    // Without `from` there is no repository that the sender was shown to be allowed to read.
    const blob = state.find(query.get("from") ?? "")?.blobs.get(mount);
    if (blob !== undefined) {
      state.open(name).blobs.set(mount, blob);
      return blobCreated(name, mount);
    }
  }
  const content = new Content();
  const digest = query.get("digest");
  if (digest !== null && mount === null) {
    await receive(request, content);
    return finishBlob(state.open(name), name, content, digest);
  }
  const id = crypto.randomUUID();
  state.open(name).uploads.set(id, content);
  return empty(202, uploadHeaders(name, id, content));
}

/** Handles a request about an open upload: asks, goes on, finishes or cancels. */
export async function answerUpload(
  repository: RepositoryState,
  name: string,
  id: string,
  request: Request,
): Promise<Response> {
  const content = repository.uploads.get(id);
  if (content === undefined) return refuse(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  const headers = () => uploadHeaders(name, id, content);
  if (request.method === "DELETE") {
    repository.uploads.delete(id);
    return empty(204);
  }
  if (request.method === "PATCH" || request.method === "PUT") {
    const refusal = await takeChunk(request, content, headers);
    if (refusal !== undefined) return refusal;
  }
  if (request.method === "PUT") {
    const digest = new URL(request.url).searchParams.get("digest");
    // An upload whose bytes are not what its sender thinks has nothing to go on from.
    repository.uploads.delete(id);
    return finishBlob(repository, name, content, digest);
  }
  return empty(request.method === "PATCH" ? 202 : 204, headers());
}

/** Adds a chunk. One with a `Content-Range` has to start where the last one ended, and be as long as it says. */
async function takeChunk(
  request: Request,
  content: Content,
  headers: () => Record<string, string>,
): Promise<Response | undefined> {
  const range = request.headers.get("content-range");
  const before = content.size;
  if (range === null) {
    await receive(request, content);
    return undefined;
  }
  const [, first, last] = /^(\d+)-(\d+)$/.exec(range) ?? [];
  if (first === undefined || Number(first) !== before) {
    return refuse(416, "BLOB_UPLOAD_INVALID", "the chunk does not start where the last one ended", {
      headers: headers(),
    });
  }
  const end = Number(last) + 1;
  await receive(request, content, end);
  if (content.size === end) return undefined;
  content.truncate(before);
  return refuse(400, "SIZE_INVALID", "the chunk is not as long as its Content-Range", { headers: headers() });
}

/** Takes what was sent as a blob, if it has the digest that the sender names. */
function finishBlob(
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

function blobCreated(name: string, digest: string): Response {
  return empty(201, { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest });
}

/** Adds the body of a request to what has come. Where the connection breaks, what came before stays. */
export async function receive(request: Request, content: Content, limit = Infinity): Promise<boolean> {
  if (request.body === null) return true;
  for await (const piece of request.body) {
    content.append(piece);
    if (content.size > limit) return false;
  }
  return true;
}

/** Returns the headers about an open upload: its address, and the bytes that came (`0-0` for none, too). */
function uploadHeaders(name: string, id: string, content: Content): Record<string, string> {
  return {
    location: `/v2/${name}/blobs/uploads/${id}`,
    range: `0-${Math.max(content.size - 1, 0)}`,
    "docker-upload-uuid": id,
  };
}
