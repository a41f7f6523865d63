import { isPathComponent } from "../../oci/reference.js";
import { json, refuse, withoutBody } from "./answers.js";
import { answerBlob } from "./blobs.js";
import { answerCatalog, answerManifest, answerReferrers, answerTags } from "./manifests.js";
import type { RegistryState } from "./registry-state.js";
import { answerUpload, startUpload } from "./uploads.js";

const MAX_NAME = 255;

/** The methods of each kind of address. HEAD is GET without the body. */
const METHODS: Readonly<Record<Route["kind"], readonly string[]>> = {
  base: ["GET", "HEAD"],
  catalog: ["GET", "HEAD"],
  tags: ["GET", "HEAD"],
  referrers: ["GET", "HEAD"],
  blob: ["GET", "HEAD", "DELETE"],
  manifest: ["GET", "HEAD", "PUT", "DELETE"],
  uploads: ["POST"],
  upload: ["GET", "HEAD", "PATCH", "PUT", "DELETE"],
};

/** Answers a request for an address of the API. Whether the sender may ask was decided before. */
export async function answerRoute(state: RegistryState, route: Route, request: Request): Promise<Response> {
  const methods = METHODS[route.kind];
  if (!methods.includes(request.method)) {
    const headers = { allow: methods.join(", ") };
    return refuse(405, "UNSUPPORTED", "the operation is not supported here", { headers });
  }
  if ("name" in route && !isRepositoryName(route.name)) {
    return refuse(400, "NAME_INVALID", "invalid repository name", { detail: { name: route.name } });
  }
  const response = await dispatch(state, route, request);
  return request.method === "HEAD" ? withoutBody(response) : response;
}

function isRepositoryName(name: string): boolean {
  return name.length <= MAX_NAME && name.split("/").every(isPathComponent);
}

function dispatch(state: RegistryState, route: Route, request: Request): Response | Promise<Response> {
  switch (route.kind) {
    case "base":
      return json({});
    case "catalog":
      return answerCatalog(state, request);
    case "tags":
      return answerTags(state, route.name, request);
    case "uploads":
      return startUpload(state, route.name, request);
    case "upload":
      return answerUpload(state.open(route.name), route.name, route.reference, request);
    case "blob":
      return answerBlob(state.find(route.name), route.reference, request);
    case "manifest":
      return answerManifest(state, route.name, route.reference, request);
    case "referrers":
      return answerReferrers(state.find(route.name), route.reference, request);
  }
}

/** The meaning of an address of the API. */
export type Route =
  | { readonly kind: "base" }
  | { readonly kind: "catalog" }
  | { readonly kind: "tags"; readonly name: string }
  | { readonly kind: "uploads"; readonly name: string }
  | {
      readonly kind: "upload" | "blob" | "manifest" | "referrers";
      readonly name: string;
      readonly reference: string;
    };

const TAGS = /^\/v2\/(.+)\/tags\/list$/;
const UPLOADS = /^\/v2\/(.+)\/blobs\/uploads\/?$/;
const REFERENCED: readonly (readonly ["upload" | "blob" | "manifest" | "referrers", RegExp])[] = [
  ["upload", /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/],
  ["blob", /^\/v2\/(.+)\/blobs\/([^/]+)$/],
  ["manifest", /^\/v2\/(.+)\/manifests\/([^/]+)$/],
  ["referrers", /^\/v2\/(.+)\/referrers\/([^/]+)$/],
];

/** Reads the path of an address; undefined where the API has no such path. */
export function parseRoute(pathname: string): Route | undefined {
  const path = decoded(pathname);
  if (path === "/v2" || path === "/v2/") return { kind: "base" };
  if (path === "/v2/_catalog") return { kind: "catalog" };
  const tags = TAGS.exec(path);
  if (tags !== null) return { kind: "tags", name: tags[1]! };
  const uploads = UPLOADS.exec(path);
  if (uploads !== null) return { kind: "uploads", name: uploads[1]! };
  for (const [kind, pattern] of REFERENCED) {
    const match = pattern.exec(path);
    if (match !== null) return { kind, name: match[1]!, reference: match[2]! };
  }
  return undefined;
}

/** Clients may write the colon of a digest as `%3A`. */
function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
