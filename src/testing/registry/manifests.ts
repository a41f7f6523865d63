import { mediaType } from "../../oci/manifest.js";
import { answerPage, digestAlgorithm, empty, json, refuse } from "./answers.js";
import { Content, type RegistryState, type RepositoryState, type StoredManifest } from "./registry-state.js";
import { receive } from "./uploads.js";

/** The size that all registries take and most take at most: 4 MiB. */
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

type Json = Readonly<Record<string, unknown>>;

const INDEXES: readonly string[] = [mediaType.ociIndex, mediaType.dockerIndex];
const MANIFESTS: readonly string[] = [mediaType.ociManifest, mediaType.dockerManifest];

/** A manifest that was understood, or what is wrong with it. */
export type ReadManifest =
  | { readonly mediaType: string; readonly document: Json }
  | { readonly wrong: string };

/** Reads what was put as a manifest or an index. The type is in the `Content-Type` header, the document, or both. */
function readManifest(bytes: Uint8Array, contentType: string | null): ReadManifest {
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
function missingParts(document: Json, repository: RepositoryState): string[] {
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
function subjectDigest({ subject }: Json): string | undefined {
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

/** The tags of a repository. */
export function answerTags(state: RegistryState, name: string, request: Request): Response {
  const repository = state.find(name);
  if (repository === undefined) return refuse(404, "NAME_UNKNOWN", "repository name not known to registry");
  return answerPage(request, [...repository.tags.keys()], "tags", { name });
}

/** The repositories, which the spec leaves to registries and many clients ask for. */
export function answerCatalog(state: RegistryState, request: Request): Response {
  return answerPage(request, state.names(), "repositories");
}
