import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { RegistrySettings } from "./settings.js";

type Settings = Readonly<Record<string, RegistrySettings>>;

/** The variable that names another file than the user's own. */
const VARIABLE = "LAYERWRIGHT_REGISTRIES";

/**
 * The settings in `registries.json`: in the user's configuration folder, or where LAYERWRIGHT_REGISTRIES says. Without
 * such a file there are none.
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
  const registries = isRecord(value) ? value["registries"] : undefined;
  if (!isRecord(registries)) throw invalid(path, 'it has no object "registries"');
  return checkSettings(registries, path);
}

/**
 * Checks settings that a program gives.
 *
 * @throws {EnvironmentError} REGISTRY_SETTINGS_INVALID
 */
export function checkSettings(registries: unknown, path = "the option registries"): Settings {
  if (!isRecord(registries)) throw invalid(path, "it is no record of registries");
  for (const [name, settings] of Object.entries(registries)) {
    if (!isRecord(settings)) throw invalid(path, `the settings of ${name} are no object`);
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

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(path: string, reason: string): EnvironmentError {
  return new EnvironmentError("REGISTRY_SETTINGS_INVALID", { path, reason }, { subject: path });
}
