import { PlanError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/descriptor.js";
import { isDigest } from "../../oci/digest.js";
import type { ImageIndex, ImageManifest } from "../../oci/manifest.js";
import { mediaType } from "../../oci/media-type.js";
import { invalid } from "./image-files.js";
import { checkSpelling, isObject, type JsonDocument, type JsonObject, objectOf } from "./json-document.js";

const MANIFEST_KEYS = ["schemaVersion", "mediaType", "config", "layers", "manifests", "annotations"];
const DESCRIPTOR_KEYS = ["mediaType", "digest", "size", "annotations", "platform"];

/** Layers of one image at most, as cosign has it; container runtimes take 127. */
const MAX_LAYERS = 1000;

/** True when a media type is an index, of OCI or Docker. */
export function isIndexType(type: string): boolean {
  return type === mediaType.ociIndex || type === mediaType.dockerIndex;
}

/** True when a media type is a manifest of an image, of OCI or Docker. */
export function isManifestType(type: string): boolean {
  return type === mediaType.ociManifest || type === mediaType.dockerManifest;
}

/** The index that a document is. `type` is what the descriptor says of it, where there is one. */
export function readIndex(document: JsonDocument, type?: string): ImageIndex {
  const value = checkedHead(document, type);
  if ((value["config"] ?? value["layers"] ?? undefined) !== undefined) {
    throw wrong(document, "is a manifest and an index at once");
  }
  // Go writes an empty list as null.
  const manifests = value["manifests"] === null ? [] : value["manifests"];
  if (!Array.isArray(manifests)) throw wrong(document, 'has no list "manifests"');
  for (const [at, entry] of manifests.entries()) checkDescriptor(document, entry, `manifests[${at}]`, ANY);
  return withoutNulls({ ...value, manifests }) as unknown as ImageIndex;
}

/** The manifest that a document is. */
export function readManifest(document: JsonDocument, type: string): ImageManifest {
  const value = checkedHead(document, type);
  if ((value["manifests"] ?? undefined) !== undefined)
    throw wrong(document, "is a manifest and an index at once");
  checkDescriptor(document, value["config"], "config");
  const layers = value["layers"] === null ? [] : value["layers"];
  if (!Array.isArray(layers)) throw wrong(document, 'has no list "layers"');
  if (layers.length > MAX_LAYERS)
    throw wrong(document, `has ${layers.length} layers, more than ${MAX_LAYERS}`);
  for (const [at, entry] of layers.entries()) checkDescriptor(document, entry, `layers[${at}]`);
  return withoutNulls({ ...value, layers }) as unknown as ImageManifest;
}

function checkedHead(document: JsonDocument, type: string | undefined): JsonObject {
  const value = objectOf(document, MANIFEST_KEYS);
  if (value["schemaVersion"] === 1) {
    const reason = `${document.name} is in Docker's old format "schema 1", which is not supported`;
    throw new PlanError("BASE_UNSUPPORTED", { path: document.base, reason }, { subject: document.base });
  }
  if (value["schemaVersion"] !== 2)
    throw wrong(document, `has the schemaVersion ${shown(value["schemaVersion"])}, not 2`);
  if (value["annotations"] !== undefined && !isTextRecord(value["annotations"]))
    throw wrong(document, "has bad annotations");
  const own = value["mediaType"];
  if (own !== undefined && typeof own !== "string") throw wrong(document, "has a mediaType that is no text");
  if (own !== undefined && type !== undefined && own !== type) {
    throw wrong(document, `says that it is ${own}, and its descriptor says ${type}`);
  }
  if (own !== undefined && type === undefined && !isIndexType(own))
    throw wrong(document, `says that it is ${own}`);
  return value;
}

/** A digest by an algorithm that is not read here: an entry of an index that has one is nobody's fault. */
const ANY = /^(?:sha256:[a-f0-9]{64}|(?!sha256:)[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+)$/;

function checkDescriptor(
  document: JsonDocument,
  value: unknown,
  where: string,
  digests?: RegExp,
): asserts value is Descriptor {
  if (!isObject(value)) throw wrong(document, `has no descriptor at ${where}`);
  checkSpelling(document, value, DESCRIPTOR_KEYS);
  const { digest, size, annotations, platform } = value;
  if (typeof value["mediaType"] !== "string") throw wrong(document, `has no mediaType at ${where}`);
  if (!isDigest(digest) && (typeof digest !== "string" || digests?.test(digest) !== true))
    throw wrong(document, `has the digest ${shown(digest)} at ${where}, which is no sha256 digest`);
  if (!Number.isSafeInteger(size) || (size as number) < 0)
    throw wrong(document, `has the size ${shown(size)} at ${where}`);
  if (annotations !== undefined && !isTextRecord(annotations))
    throw wrong(document, `has bad annotations at ${where}`);
  if (platform === undefined || platform === null) return;
  const isText = (text: unknown) => text === undefined || text === null || typeof text === "string";
  if (!isObject(platform) || !["os", "architecture", "variant"].every((key) => isText(platform[key])))
    throw wrong(document, `has a bad platform at ${where}`);
}

/** Takes away members that are null, as Go writes an empty list, map or structure. Nulls in lists stay, to be refused. */
function withoutNulls<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(withoutNulls) as Value;
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNulls(member)])) as Value;
}

function isTextRecord(value: unknown): boolean {
  return (
    value === null || (isObject(value) && Object.values(value).every((text) => typeof text === "string"))
  );
}

function wrong(document: JsonDocument, reason: string): Error {
  return invalid(document.base, document.name, reason);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, 80);
}
