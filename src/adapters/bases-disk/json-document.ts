import { BadJson, parseStrictJson } from "../../core/json.js";
import { type Digest, digestHex, digestOf } from "../../oci/digest.js";
import { MAX_DOCUMENT } from "../../oci/manifest.js";
import { damaged, readRange } from "./host-range.js";
import { type ImageFiles, invalid } from "./image-files.js";

/** A JSON document of an image, with what is needed to say what is wrong with it. */
export interface JsonDocument {
  readonly base: string;
  /** How errors call the document. */
  readonly name: string;
  readonly value: Readonly<Record<string, unknown>> | readonly unknown[];
}

/** A JSON object of an image. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Reads a JSON document by its file name, or gives undefined where there is none. */
export function readDocument(
  files: ImageFiles,
  file: string,
  name: string,
  limit: number,
): JsonDocument | undefined {
  const range = files.find(file);
  if (range === undefined) return undefined;
  if (range.size > limit) throw invalid(files.base, name, `has ${range.size} bytes, more than ${limit}`);
  return toDocument(files.base, name, readRange(range));
}

/** Reads a JSON document that is a blob; its digest and size have to be right. */
export function readBlobDocument(
  files: ImageFiles,
  digest: Digest,
  size: number,
  name: string,
): JsonDocument {
  if (size > MAX_DOCUMENT) throw invalid(files.base, name, `has ${size} bytes, more than ${MAX_DOCUMENT}`);
  const range = files.find(`blobs/sha256/${digestHex(digest)}`);
  if (range === undefined) throw invalid(files.base, name, "is missing");
  if (range.size !== size)
    throw invalid(files.base, name, `has ${range.size} bytes and is said to have ${size}`);
  const bytes = readRange(range);
  const found = digestOf(bytes);
  if (found !== digest) throw damaged(files.base, digest, `its content has the digest ${found}`);
  return toDocument(files.base, name, bytes);
}

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
export function checkSpelling(document: JsonDocument, value: JsonObject, known: readonly string[]): void {
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

/** A JSON value that is an object and no list. */
export function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
