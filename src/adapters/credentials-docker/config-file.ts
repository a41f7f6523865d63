import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { Credential } from "../../ports/registry.js";

/** An entry of `auths`; all of its known fields are texts. */
type AuthEntry = Readonly<Partial<Record<AuthField, string>>>;

const FIELDS = ["auth", "username", "password", "identitytoken", "registrytoken"] as const;
type AuthField = (typeof FIELDS)[number];

/** The content of a file of credentials, checked. */
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
function shownKey(key: string): string {
  return JSON.stringify(key.replace(/^(.*\/\/)?.*@/, "$1…@"));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    // A file where a directory is meant means that nothing is there, as a missing directory does.
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

/** The surroundings that decide the places of files of credentials; the process's own by default. */
export interface PlacesInput {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly home?: string;
  readonly uid?: number | undefined;
}

/** Docker's file: the one that a login writes to. */
export function dockerConfigPath(input: PlacesInput = {}): string {
  const { env = process.env, home = homedir() } = input;
  return join(env["DOCKER_CONFIG"] || join(home, ".docker"), "config.json");
}

/**
 * The files that may know a credential, in the order that they are believed. Docker's goes first: a login of
 * layerwright goes there, and must count over what podman knew before. Of podman's, the file that a variable names
 * stands for all of them, as with podman itself; else the one of this session goes before the one that outlives it.
 */
export function configPlaces(input: PlacesInput = {}): readonly string[] {
  const {
    env = process.env,
    platform = process.platform,
    home = homedir(),
    uid = process.getuid?.(),
  } = input;
  const docker = dockerConfigPath(input);
  if (platform === "win32") return [docker];
  const named = env["REGISTRY_AUTH_FILE"];
  if (named) return [docker, named];
  const runtime = env["XDG_RUNTIME_DIR"];
  const session = runtime ? join(runtime, "containers") : `/run/containers/${uid ?? 0}`;
  const lasting = join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "containers");
  const folders = platform === "linux" || runtime ? [session, lasting] : [lasting];
  return [docker, ...folders.map((folder) => join(folder, "auth.json"))];
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * The credential of an entry of `auths`, or undefined where it holds none (Docker leaves `{}` behind for what a
 * helper keeps). A token goes before a password, since it was made out of one.
 *
 * @throws {EnvironmentError} CREDENTIALS_INVALID
 */
export function credentialOf(file: ConfigFile, key: string, entry: AuthEntry): Credential | undefined {
  if (entry.registrytoken !== undefined) return { kind: "bearer", token: entry.registrytoken };
  if (entry.identitytoken !== undefined) return { kind: "identity", token: entry.identitytoken };
  if (entry.auth !== undefined) return decodeAuth(file, key, entry.auth);
  return passwordOf(entry.username ?? "", entry.password ?? "");
}

/** The `auth` of an entry: base64 of the user's name, a colon and the password. */
export function encodeAuth(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString("base64");
}

/** A user name and a password, unless both are empty: that is nobody. */
export function passwordOf(username: string, password: string): Credential | undefined {
  return username === "" && password === "" ? undefined : { kind: "password", username, password };
}

function decodeAuth(file: ConfigFile, key: string, encoded: string): Credential | undefined {
  // What base64 prints has line breaks, which Go's reader passes over.
  const auth = encoded.replace(/[\r\n\t ]+/g, "");
  if (!BASE64.test(auth) || auth.replace(/=+$/, "").length % 4 === 1) {
    throw invalid(file.path, `has an auth of ${shownKey(key)} that is not base64`);
  }
  const text = Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon === -1) {
    throw invalid(
      file.path,
      `has an auth of ${shownKey(key)} that is not a user name, a colon and a password`,
    );
  }
  // Early versions of Docker filled the password up with NUL bytes.
  return passwordOf(text.slice(0, colon), text.slice(colon + 1).replace(/^\0+|\0+$/g, ""));
}
