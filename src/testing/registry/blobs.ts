import { digestAlgorithm, empty, refuse } from "./answers.js";
import type { RepositoryState } from "./registry-state.js";

/** GET, HEAD and DELETE of a blob. */
export function answerBlob(
  repository: RepositoryState | undefined,
  digest: string,
  request: Request,
): Response {
  if (digestAlgorithm(digest) === undefined) return refuse(400, "DIGEST_INVALID", "invalid digest");
  if (repository === undefined) return refuse(404, "NAME_UNKNOWN", "repository name not known to registry");
  const blob = repository.blobs.get(digest);
  if (blob === undefined) {
    return refuse(404, "BLOB_UNKNOWN", "blob unknown to registry", { detail: { digest } });
  }
  if (request.method === "DELETE") {
    repository.blobs.delete(digest);
    return empty(202);
  }
  const headers = {
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
  };
  const range =
    request.method === "GET" ? requestedRange(request.headers.get("range"), blob.size) : undefined;
  if (range === "unsatisfiable") {
    const where = { "accept-ranges": "bytes", "content-range": `bytes */${blob.size}` };
    return refuse(416, "SIZE_INVALID", "the range is outside of the blob", { headers: where });
  }
  if (range === undefined) {
    return new Response(blob.stream(), { headers: { ...headers, "content-length": String(blob.size) } });
  }
  const { start, end } = range;
  return new Response(blob.stream(start, end), {
    status: 206,
    headers: {
      ...headers,
      "content-length": String(end - start),
      "content-range": `bytes ${start}-${end - 1}/${blob.size}`,
    },
  });
}

/** A part of a body: from `start` up to, and without, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The part that a `Range` header asks for. Undefined where it asks for none that is understood, and then the whole is
 * sent (RFC 9110, 14.2): no header, other units, several ranges. `"unsatisfiable"` where no byte of it is there.
 */
function requestedRange(header: string | null, size: number): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= size ? "unsatisfiable" : { start, end };
}
