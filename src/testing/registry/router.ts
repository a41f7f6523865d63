import { isPathComponent } from "../../oci/reference.js";
import { json, refuse, withoutBody } from "./answers.js";
import { answerBlob } from "./blobs.js";
import { answerManifest } from "./manifests.js";
import { answerReferrers } from "./referrers.js";
import type { RegistryState } from "./registry-state.js";
import type { Route } from "./route.js";
import { answerCatalog, answerTags } from "./tags.js";
import { startUpload } from "./upload-start.js";
import { answerUpload } from "./uploads.js";

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
