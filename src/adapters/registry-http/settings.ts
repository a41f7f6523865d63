import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isObject } from "../../core/json.js";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { Repository } from "../../ports/registry.js";
import { isLoopback } from "./http/origin.js";

/** The settings of one registry. */
export interface RegistrySettings {
  /** Plain http instead of https. @default - true for this machine's own names and addresses, else false */
  readonly http?: boolean;
  /** Servers that are asked first when something is pulled: `mirror.example`, or `https://mirror.example/path`. */
  readonly mirrors?: readonly string[];
  /** A PEM file with the authorities of its certificate, beside those that Node knows. */
  readonly ca?: string;
  /** PEM files of the client's own certificate. */
  readonly cert?: string;
  readonly key?: string;
  /** Other servers that may have the user's login, to give a token for it: hosts, with their ports. */
  readonly tokenServers?: readonly string[];
  /** Bytes of a part when a blob is sent in parts. @default - a blob is sent whole */
  readonly chunkBytes?: number;
}

type Settings = Readonly<Record<string, RegistrySettings>>;

/** The variable that names another file than the user's own. */
const VARIABLE = "LAYERWRIGHT_REGISTRIES";

/**
 * The settings in `registries.json`: in the user's configuration directory, or where LAYERWRIGHT_REGISTRIES says.
 * Without such a file there are none.
 *
 * @throws {EnvironmentError} REGISTRY_SETTINGS_INVALID
 */
export function readSettings(env: Readonly<Record<string, string | undefined>> = process.env): Settings {
  const named = env[VARIABLE];
  const folder = env["XDG_CONFIG_HOME"] || join(homedir(), ".config");
  const path = named || join(folder, "layerwright", "registries.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && !named) return {};
    throw invalid(path, `it cannot be read (${code})`);
  }
  return parseSettings(text, path);
}

/** Checks the text of a settings file: every key is known, and every value is of its kind. */
export function parseSettings(text: string, path: string): Settings {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(path, "it is no JSON");
  }
  const registries = isObject(value) ? value["registries"] : undefined;
  if (!isObject(registries)) throw invalid(path, 'it has no object "registries"');
  return checkSettings(registries, path);
}

/**
 * Checks settings that a program gives.
 *
 * @throws {EnvironmentError} REGISTRY_SETTINGS_INVALID
 */
export function checkSettings(registries: unknown, path = "the option registries"): Settings {
  if (!isObject(registries)) throw invalid(path, "it is no record of registries");
  for (const [name, settings] of Object.entries(registries)) {
    if (!isObject(settings)) throw invalid(path, `the settings of ${name} are no object`);
    for (const [key, setting] of Object.entries(settings)) {
      const kind = Object.hasOwn(KINDS, key) ? KINDS[key] : undefined;
      if (kind === undefined)
        throw invalid(
          path,
          `${name} has the unknown setting ${JSON.stringify(key)}, not one of ${Object.keys(KINDS).join(", ")}`,
        );
      if (!CHECKS[kind](setting)) throw invalid(path, `${key} of ${name} is not ${kind}`);
    }
  }
  return registries as Settings;
}

type Kind =
  | "true or false"
  | "a text"
  | "a list of texts"
  | "a list of hosts or web addresses"
  | "a number of bytes";

const KINDS: Readonly<Record<string, Kind>> = {
  http: "true or false",
  mirrors: "a list of hosts or web addresses",
  ca: "a text",
  cert: "a text",
  key: "a text",
  tokenServers: "a list of texts",
  chunkBytes: "a number of bytes",
};

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";

const CHECKS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  "true or false": (value) => typeof value === "boolean",
  "a text": isText,
  "a list of texts": (value) => Array.isArray(value) && value.every(isText),
  "a list of hosts or web addresses": (value) =>
    Array.isArray(value) && value.every((one) => isText(one) && isServer(one)),
  "a number of bytes": (value) => Number.isSafeInteger(value) && (value as number) > 0,
};

function isServer(text: string): boolean {
  return /^https?:\/\//.test(text)
    ? URL.canParse(text)
    : !text.includes("://") && URL.canParse(`https://${text}`);
}

function invalid(path: string, reason: string): EnvironmentError {
  return new EnvironmentError("REGISTRY_SETTINGS_INVALID", { path, reason }, { subject: path });
}

/** A server that answers for a registry: the registry itself, or a mirror of it. */
export interface Endpoint {
  /** The user's name for the registry. */
  readonly domain: string;
  /** Its address, with a slash at the end. */
  readonly base: URL;
}

/** Docker Hub's name is no server. */
const HUB = "docker.io";
const HUB_SERVER = "registry-1.docker.io";

/** The registry that a server answers for, as settings name it. */
export function registryOf(host: string): string {
  return host === HUB_SERVER ? HUB : host;
}

/** The registry's own server. Plain http is for this machine, and where the settings say so. */
export function endpointOf(domain: string, settings: RegistrySettings | undefined): Endpoint {
  const host = domain === HUB ? HUB_SERVER : domain;
  const url = new URL(`https://${host}/v2/`);
  const plain = settings?.http ?? isLoopback(url.hostname);
  return { domain, base: plain ? new URL(`http://${host}/v2/`) : url };
}

/** Mirrors of a registry, as the settings list them: a host, or an address with a path before `/v2/`. */
export function mirrorsOf(
  domain: string,
  all: Readonly<Record<string, RegistrySettings>>,
): readonly Endpoint[] {
  return (all[domain]?.mirrors ?? []).map((mirror) => {
    if (!mirror.includes("://")) return endpointOf(mirror, all[mirror]);
    const url = new URL(mirror);
    return { domain: url.host, base: new URL(`${url.origin}${url.pathname.replace(/\/$/, "")}/v2/`) };
  });
}

/** The address of something in a repository: `manifests/…`, `blobs/…`. */
export function addressOf({ base }: Endpoint, { path }: Repository, rest: string): URL {
  return new URL(`${path}/${rest}`, base);
}
