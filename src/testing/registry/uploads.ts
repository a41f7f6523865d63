import { empty, refuse } from "./answers.js";
import type { Content } from "./content.js";
import { finishBlob } from "./finish-blob.js";
import { receive } from "./receive.js";
import type { RepositoryState } from "./registry-state.js";
import { uploadHeaders } from "./upload-headers.js";

/** What is done with an upload that was opened: asked about, gone on with, finished, cancelled. */
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
