import { BadJson, parseStrictJson } from "../core/json.js";
import { isLayerwrightError, PlanError } from "../errors/layerwright-error.js";
import { isDigest } from "../oci/digest.js";
import { parsePlatform, platformText } from "../oci/platform.js";
import { canonicalReference, parseReference } from "../oci/reference.js";
import {
  LOCK_VERSION,
  type Lock,
  type LockedCertificates,
  type LockedEncoder,
  type LockedFile,
  type LockedImage,
  type LockedPlatform,
} from "./lock.js";
import { bytes, each, type Fail, isMembers, known } from "./lock-members.js";
import { readLayering } from "./parse-layering.js";

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
