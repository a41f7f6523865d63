import { mediaType } from "../../oci/media-type.js";
import type { RepositoryState } from "./registry-state.js";

type Json = Readonly<Record<string, unknown>>;

const INDEXES: readonly string[] = [mediaType.ociIndex, mediaType.dockerIndex];
const MANIFESTS: readonly string[] = [mediaType.ociManifest, mediaType.dockerManifest];

/** A manifest that was understood, or what is wrong with it. */
export type ReadManifest =
  | { readonly mediaType: string; readonly document: Json }
  | { readonly wrong: string };

/** Reads what was put as a manifest or an index. The type is in the `Content-Type` header, the document, or both. */
export function readManifest(bytes: Uint8Array, contentType: string | null): ReadManifest {
  const document = parsed(bytes);
  if (!isJson(document)) return { wrong: "it is no JSON object" };
  const said = contentType?.split(";")[0]?.trim() || undefined;
  const type = said ?? document["mediaType"];
  if (typeof type !== "string") return { wrong: "neither Content-Type nor mediaType says what it is" };
  if (document["mediaType"] !== undefined && document["mediaType"] !== type) {
    return { wrong: "its mediaType is not its Content-Type" };
  }
  if (document["schemaVersion"] !== 2) return { wrong: "its schemaVersion is not 2" };
  const wrong = wrongShape(type, document);
  return wrong === undefined ? { mediaType: type, document } : { wrong };
}

function wrongShape(type: string, document: Json): string | undefined {
  const { manifests, layers, config, subject } = document;
  if (subject !== undefined && !isDescriptor(subject)) return "its subject is no descriptor";
  if (INDEXES.includes(type)) {
    // A document that is both at once is read differently by different clients (CVE-2021-41190).
    if (layers !== undefined || config !== undefined) return "it is an index with layers or a config";
    return isDescriptors(manifests) ? undefined : "its manifests are no list of descriptors";
  }
  if (!MANIFESTS.includes(type)) return `the media type ${type} is not supported`;
  if (manifests !== undefined) return "it is a manifest with a list of manifests";
  if (!isDescriptor(config)) return "its config is no descriptor";
  return isDescriptors(layers) ? undefined : "its layers are no list of descriptors";
}

/** The digests that a document needs and its repository lacks. A subject may come later. */
export function missingParts(document: Json, repository: RepositoryState): string[] {
  const { manifests, layers, config } = document;
  if (isDescriptors(manifests)) {
    return manifests.map(({ digest }) => digest).filter((digest) => !repository.manifests.has(digest));
  }
  const blobs = [config, ...(layers as readonly unknown[])].filter(isDescriptor);
  // Layers with addresses of their own are not the registry's to hold.
  const own = blobs.filter((blob) => blob["urls"] === undefined);
  return own.map(({ digest }) => digest).filter((digest) => !repository.blobs.has(digest));
}

/** The digest of the document that this one says something about. */
export function subjectDigest({ subject }: Json): string | undefined {
  return isDescriptor(subject) ? subject.digest : undefined;
}

function isDescriptor(value: unknown): value is Json & { readonly digest: string } {
  return isJson(value) && typeof value["digest"] === "string" && Number.isSafeInteger(value["size"]);
}

function isDescriptors(value: unknown): value is readonly (Json & { readonly digest: string })[] {
  return Array.isArray(value) && value.every(isDescriptor);
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
