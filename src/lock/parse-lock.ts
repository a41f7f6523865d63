import { BadJson, parseStrictJson } from "../core/json.js";
import { isLayerwrightError, PlanError } from "../errors/layerwright-error.js";
import { isDigest } from "../oci/digest.js";
import { parsePlatform, platformText } from "../oci/platform.js";
import { canonicalReference, parseReference } from "../oci/reference.js";
import { redactUrl } from "../plan/operation.js";
import {
  LOCK_VERSION,
  type Lock,
  type LockedCertificates,
  type LockedEncoder,
  type LockedFile,
  type LockedImage,
  type LockedLayering,
  type LockedPlatform,
} from "./lock.js";

/**
 * Reads the text of a lock. Nothing is guessed: what is not understood would be lost when the file is next written.
 *
 * @throws {PlanError} LOCK_CONFLICT, LOCK_VERSION, LOCK_INVALID, each with the place
 */
export function parseLock(text: string, path: string): Lock {
  const fail: Fail = (place, reason) => {
    throw new PlanError("LOCK_INVALID", { path, place, reason }, { subject: path });
  };
  refuseConflict(text, path);
  const value = parseStrictJson(new TextEncoder().encode(text));
  if (value instanceof BadJson) return fail(placeOfSyntax(text), value.reason);
  if (!isMembers(value)) return fail("the file", "is no JSON object");
  const version = value["lockfileVersion"];
  if (version !== LOCK_VERSION)
    throw new PlanError("LOCK_VERSION", { path, got: version }, { subject: path });
  const keys = ["certificates", "encoders", "files", "images", "layering", "lockfileVersion"];
  const { images, files, layering, encoders, certificates } = known(value, keys, "the file", fail);
  return {
    images: each(images, "images", fail, readImage),
    files: each(files, "files", fail, readFile),
    // Only there where something was decided.
    layering: layering === undefined ? {} : each(layering, "layering", fail, readLayering),
    ...(encoders === undefined ? {} : { encoders: each(encoders, "encoders", fail, readEncoder) }),
    ...(certificates === undefined ? {} : { certificates: readCertificates(certificates, fail) }),
  };
}

function refuseConflict(text: string, path: string): void {
  const at = text.split("\n").findIndex((line) => /^(<{7}|={7}|>{7}|\|{7})( |\r?$)/.test(line));
  if (at >= 0) throw new PlanError("LOCK_CONFLICT", { path, line: at + 1 }, { subject: path });
}

function readImage(key: string, value: unknown, place: string, fail: Fail): LockedImage {
  if (!isFullReference(key))
    fail(place, "is no full reference with a tag, such as docker.io/library/debian:12");
  const { digest, platforms } = known(value, ["digest", "platforms"], place, fail);
  if (!isDigest(digest)) return fail(`${place}.digest`, "is no sha256 digest");
  return { digest, platforms: each(platforms, `${place}.platforms`, fail, readPlatform) };
}

function readPlatform(key: string, value: unknown, place: string, fail: Fail): LockedPlatform {
  if (!isPlatform(key)) fail(place, "is no platform, such as linux/amd64");
  const { digest, size } = known(value, ["digest", "size"], place, fail);
  if (!isDigest(digest)) return fail(`${place}.digest`, "is no sha256 digest");
  return { digest, size: bytes(size, place, fail) };
}

function readFile(key: string, value: unknown, place: string, fail: Fail): LockedFile {
  if (!/^https?:\/\/[^\s]+$/i.test(key)) fail(place, "is no http or https address");
  const { sha256, size } = known(value, ["sha256", "size"], place, fail);
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256))
    return fail(`${place}.sha256`, "is not 64 hex characters in lower case");
  return { sha256, size: bytes(size, place, fail) };
}

function readEncoder(key: string, value: unknown, place: string, fail: Fail): LockedEncoder {
  if (key !== "gzip" && key !== "zstd") fail(place, "is no compression: gzip or zstd");
  const { by, probe } = known(value, ["by", "probe"], place, fail);
  if (typeof by !== "string" || by === "") return fail(`${place}.by`, "is no name of an encoder");
  if (typeof probe !== "string" || !/^[0-9a-f]{64}$/.test(probe))
    return fail(`${place}.probe`, "is not 64 hex characters in lower case");
  return { by, probe };
}

function readCertificates(value: unknown, fail: Fail): LockedCertificates {
  const { count, sha256 } = known(value, ["count", "sha256"], "certificates", fail);
  if (!Number.isSafeInteger(count)) return fail("certificates.count", "is no number");
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256))
    return fail("certificates.sha256", "is not 64 hex characters in lower case");
  return { count: count as number, sha256 };
}

function isFullReference(key: string): boolean {
  return reads(() => {
    const reference = parseReference(key);
    return reference.digest === undefined && canonicalReference(reference) === key;
  });
}

function isPlatform(key: string): boolean {
  return reads(() => platformText(parsePlatform(key)) === key);
}

function reads(check: () => boolean): boolean {
  try {
    return check();
  } catch (error) {
    if (isLayerwrightError(error)) return false;
    throw error;
  }
}

/** The first line after which no more text could make it JSON: the runtime's own words do not always say. */
function placeOfSyntax(text: string): string {
  const lines = text.split("\n");
  const bad = lines.findIndex(
    (_, index) =>
      !mayGoOn(
        lines
          .slice(0, index + 1)
          .join("\n")
          .trimEnd(),
      ),
  );
  return `line ${bad < 0 ? lines.length : bad + 1}`;
}

/** True when a text is JSON as far as it goes. */
function mayGoOn(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    const position = /at position (\d+)/.exec(message)?.[1];
    return /^Unexpected end/.test(message) || (position !== undefined && Number(position) >= text.length);
  }
}

/** Refuses a lock: what is wrong, and where. */
type Fail = (place: string, reason: string) => never;

/** The members of an object of the file, none of which is believed yet. */
export type Members = Readonly<Record<string, unknown>>;

/** The members of an object, each read under its own place. */
export function each<T>(
  value: unknown,
  place: string,
  fail: Fail,
  read: (key: string, member: unknown, place: string, fail: Fail) => T,
): Record<string, T> {
  if (!isMembers(value)) return fail(place, "is missing or no object");
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      read(key, member, `${place}[${JSON.stringify(redactUrl(key))}]`, fail),
    ]),
  );
}

/** The members of an object that has no others than these. */
export function known(value: unknown, keys: readonly string[], place: string, fail: Fail): Members {
  if (!isMembers(value)) return fail(place, "is no object");
  const other = Object.keys(value).find((key) => !keys.includes(key));
  if (other !== undefined) fail(place, `has ${JSON.stringify(other)}, which is none of ${keys.join(", ")}`);
  return value;
}

/** A number of bytes. */
export function bytes(size: unknown, place: string, fail: Fail): number {
  if (Number.isSafeInteger(size) && (size as number) >= 0) return size as number;
  return fail(`${place}.size`, "is no number of bytes");
}

/** True when a value is an object with members. */
function isMembers(value: unknown): value is Members {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Reads what was decided about the layers of one stage. */
function readLayering(key: string, value: unknown, place: string, fail: Fail): LockedLayering {
  if (!/^[0-9a-f]{16}$/.test(key)) fail(place, "is no id of a stage: 16 hex characters in lower case");
  const keys = ["images", "layers", "melt", "portable", "why"];
  const { images, layers, melt, portable, why } = known(value, keys, place, fail);
  if (typeof melt !== "boolean") return fail(`${place}.melt`, "is neither true nor false");
  if (!isTexts(images)) return fail(`${place}.images`, "is no list of texts");
  if (!isTexts(why)) return fail(`${place}.why`, "is no list of texts");
  if (!isPlaces(portable)) return fail(`${place}.portable`, "is no list of places");
  if (!Array.isArray(layers) || !layers.every(isPlaces) || layers.some((layer) => layer.length === 0))
    return fail(`${place}.layers`, "is no list of lists of places");
  return { images, layers, melt, portable, why };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isPlaces(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
