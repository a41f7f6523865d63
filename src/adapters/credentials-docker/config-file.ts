import { readFileSync } from "node:fs";
import { EnvironmentError } from "../../errors/layerwright-error.js";

/** An entry of `auths`; all of its known fields are texts. */
export type AuthEntry = Readonly<Partial<Record<AuthField, string>>>;

const FIELDS = ["auth", "username", "password", "identitytoken", "registrytoken"] as const;
type AuthField = (typeof FIELDS)[number];

/** What a file of credentials says, checked. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
  /** By key, in the order of the file. */
  readonly auths: ReadonlyMap<string, AuthEntry>;
  /** Helpers of single registries, by key. */
  readonly credHelpers: ReadonlyMap<string, string>;
  /** The helper of all others. */
  readonly credsStore: string | undefined;
}

/**
 * Reads a file in the format of Docker's config.json, which podman's auth.json shares. Undefined where there is no
 * file. No error holds a value of the file, nor has a cause that does: `JSON.parse` quotes what it stumbles over.
 *
 * @throws {EnvironmentError} CREDENTIALS_UNREADABLE, CREDENTIALS_INVALID
 */
export function readConfigFile(path: string): ConfigFile | undefined {
  const text = readText(path);
  return text === undefined ? undefined : parseConfigFile(path, text);
}

/** The checked content of a file of credentials. @throws {EnvironmentError} CREDENTIALS_INVALID */
export function parseConfigFile(path: string, text: string): ConfigFile {
  const auths = new Map<string, AuthEntry>();
  const credHelpers = new Map<string, string>();
  // Docker takes an empty file for one without a word in it.
  if (text.trim() === "") return { path, text, auths, credHelpers, credsStore: undefined };
  const root = objectOf(path, "", parseJson(path, text)) ?? {};
  for (const [key, value] of Object.entries(objectOf(path, "auths", root["auths"]) ?? {})) {
    auths.set(key, entryOf(path, key, value));
  }
  for (const [key, value] of Object.entries(objectOf(path, "credHelpers", root["credHelpers"]) ?? {})) {
    credHelpers.set(key, textOf(path, `the helper of ${shownKey(key)} in credHelpers`, value) ?? "");
  }
  const credsStore = textOf(path, "credsStore", root["credsStore"]);
  return { path, text, auths, credHelpers, credsStore };
}

/** A coded error about the content of a file; `reason` continues "the file ...". */
export function invalid(path: string, reason: string): EnvironmentError<"CREDENTIALS_INVALID"> {
  return new EnvironmentError("CREDENTIALS_INVALID", { path, reason }, { subject: path });
}

/** A key as errors may name it: somebody may have put a user and a password into the URL. */
export function shownKey(key: string): string {
  return JSON.stringify(key.replace(/^(.*\/\/)?.*@/, "$1…@"));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    // A file where a folder is meant means that nothing is there, as a missing folder does.
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new EnvironmentError(
      "CREDENTIALS_UNREADABLE",
      { path, reason: code },
      { subject: path, cause: error },
    );
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(path, "is not JSON");
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Go, which wrote most of these files, writes what is not there as null. */
function objectOf(path: string, name: string, value: unknown): JsonObject | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "object" && !Array.isArray(value)) return value as JsonObject;
  throw invalid(path, name === "" ? "is no JSON object" : `has no object as ${name}`);
}

function textOf(path: string, name: string, value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  throw invalid(path, `has no text as ${name}`);
}

function entryOf(path: string, key: string, value: unknown): AuthEntry {
  const object = objectOf(path, `the entry ${shownKey(key)} in auths`, value) ?? {};
  const entry: Partial<Record<AuthField, string>> = {};
  for (const field of FIELDS) {
    const text = textOf(path, `the ${field} of ${shownKey(key)}`, object[field]);
    if (text !== undefined) entry[field] = text;
  }
  return entry;
}
