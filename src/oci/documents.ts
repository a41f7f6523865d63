import { BadJson, isObject, parseStrictJson } from "../core/json.js";
import { IntegrityError, PlanError } from "../errors/layerwright-error.js";
import { isDigest } from "./digest.js";
import { checkRuntimeConfig, type ImageConfig, withoutNulls } from "./image-config.js";
import { type Descriptor, type ImageIndex, type ImageManifest, mediaType } from "./manifest.js";

/** The error for a part of an image that is not as it must be. */
export function invalid(
  base: string,
  document: string,
  reason: string,
): IntegrityError<"BASE_IMAGE_INVALID"> {
  return new IntegrityError("BASE_IMAGE_INVALID", { path: base, document, reason }, { subject: base });
}

/** A JSON document of an image, with what is needed to say what is wrong with it. */
export interface JsonDocument {
  readonly base: string;
  /** The document's name in errors. */
  readonly name: string;
  readonly value: Readonly<Record<string, unknown>> | readonly unknown[];
}

/** A JSON object of an image. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The document that some bytes are. Throws `BASE_IMAGE_INVALID` for what is no object. */
export function toDocument(base: string, name: string, bytes: Uint8Array): JsonDocument {
  const value = parseStrictJson(bytes);
  if (value instanceof BadJson) throw invalid(base, name, value.reason);
  if (value === null || typeof value !== "object")
    throw invalid(base, name, `is ${JSON.stringify(value)}, no object`);
  return { base, name, value: value as JsonObject };
}

/**
 * The object of a document. Keys that differ from a known one in case only are refused: Go's reader, which most
 * tools have, takes them for it and JavaScript's does not.
 */
export function objectOf(document: JsonDocument, known: readonly string[]): JsonObject {
  if (Array.isArray(document.value)) throw invalid(document.base, document.name, "is a list, no object");
  const value = document.value as JsonObject;
  checkSpelling(document, value, known);
  return value;
}

/** Refuses keys that are spelled like a known one but for the case. */
function checkSpelling(document: JsonDocument, value: JsonObject, known: readonly string[]): void {
  const spellings = new Map(known.map((key) => [key.toLowerCase(), key]));
  for (const key of Object.keys(value)) {
    const right = spellings.get(key.toLowerCase());
    if (right !== undefined && right !== key) {
      throw invalid(
        document.base,
        document.name,
        `has the key ${JSON.stringify(key)} where ${JSON.stringify(right)} is meant`,
      );
    }
  }
}

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
  return withoutNullsBelow({ ...value, manifests }) as unknown as ImageIndex;
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
  return withoutNullsBelow({ ...value, layers }) as unknown as ImageManifest;
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

/**
 * Takes away members that are null, as Go writes an empty list, map or structure. Nulls in lists stay, to be refused.
 */
function withoutNullsBelow<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(withoutNullsBelow) as Value;
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNullsBelow(member)])) as Value;
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

const CONFIG_KEYS = ["architecture", "os", "variant", "created", "config", "rootfs", "history"];
const RUNTIME_KEYS = [
  "User",
  "ExposedPorts",
  "Env",
  "Entrypoint",
  "Cmd",
  "Volumes",
  "WorkingDir",
  "Labels",
  "StopSignal",
  "Healthcheck",
  "Shell",
  "OnBuild",
];

/** Refuses a config that is of no container image. @throws {PlanError} BASE_UNSUPPORTED */
export function checkConfigType(base: string, { mediaType: type }: Descriptor): void {
  if (type === mediaType.ociConfig || type === mediaType.dockerConfig) return;
  const reason = `its config is of the type ${JSON.stringify(type.slice(0, 120))}, so it is no container image`;
  throw new PlanError("BASE_UNSUPPORTED", { path: base, reason }, { subject: base });
}

/** The config that a document is, with all its unknown fields (image-spec config.md). */
export function readConfig(document: JsonDocument, layers: number): ImageConfig {
  const value = objectOf(document, CONFIG_KEYS);
  const wrong = (reason: string) => invalid(document.base, document.name, reason);
  for (const key of ["architecture", "os"]) {
    if (typeof value[key] !== "string" || value[key] === "") throw wrong(`does not say its ${key}`);
  }
  for (const key of ["variant", "created"]) {
    if (value[key] !== undefined && value[key] !== null && typeof value[key] !== "string")
      throw wrong(`has a bad ${key}`);
  }
  const { rootfs, history, config } = value;
  if (!isObject(rootfs)) throw wrong('has no "rootfs"');
  checkSpelling(document, rootfs, ["type", "diff_ids"]);
  if (rootfs["type"] !== "layers")
    throw wrong(`has the rootfs.type ${JSON.stringify(rootfs["type"])}, not "layers"`);
  // Go writes an image without layers as null.
  const diffIds = rootfs["diff_ids"] ?? [];
  if (!Array.isArray(diffIds)) throw wrong('has no list "diff_ids"');
  for (const id of diffIds)
    if (!isDigest(id)) throw wrong(`has the diff_id ${JSON.stringify(id)}, which is no sha256 digest`);
  if (diffIds.length !== layers) throw wrong(`names ${diffIds.length} layers, and the image has ${layers}`);
  if (history !== undefined && history !== null) checkHistory(history, layers, wrong);
  if (config !== undefined && config !== null) {
    if (!isObject(config)) throw wrong('has a "config" that is no object');
    checkSpelling(document, config, RUNTIME_KEYS);
    checkRuntimeConfig(config, wrong);
  }
  return withoutNulls({ ...value, rootfs: { ...rootfs, diff_ids: diffIds } } as unknown as ImageConfig);
}

function checkHistory(history: unknown, layers: number, wrong: (reason: string) => Error): void {
  if (!Array.isArray(history) || !history.every(isObject))
    throw wrong('has a "history" that is no list of objects');
  for (const entry of history) {
    for (const key of ["created", "created_by", "comment"]) {
      if (typeof (entry[key] ?? "") !== "string") throw wrong(`has a line of history with a bad ${key}`);
    }
    if (typeof (entry["empty_layer"] ?? false) !== "boolean")
      throw wrong("has a line of history with a bad empty_layer");
  }
  const filled = history.filter((entry) => entry["empty_layer"] !== true).length;
  // Some builders write less history than layers; more cannot be true.
  if (filled > layers) throw wrong(`has ${filled} layers in its history, and the image has ${layers}`);
}
