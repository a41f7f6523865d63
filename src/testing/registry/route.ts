/** What an address of the API is about. */
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
