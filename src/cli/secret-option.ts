import { resolve } from "node:path";
import type { SecretPlace } from "../adapters/secrets-node/node-secrets.js";
import { refuseValue } from "./option-value.js";

const SECRET = "id=ID,src=FILE or id=ID,env=NAME";

/** Reads the values of `--secret`, which are spelled as docker's. @throws {UsageError} OPTION_VALUE_INVALID */
export function readSecrets(values: readonly string[]): Readonly<Record<string, SecretPlace>> {
  const places: Record<string, SecretPlace> = {};
  for (const value of values) {
    const fields = new Map<string, string>();
    for (const field of value.split(",")) {
      const at = field.indexOf("=");
      const name = field.slice(0, Math.max(at, 0));
      if (!["id", "src", "source", "env", "type"].includes(name)) refuseValue("--secret", value, SECRET);
      fields.set(name === "source" ? "src" : name, field.slice(at + 1));
    }
    const { id, src, env } = Object.fromEntries(fields) as Record<string, string | undefined>;
    if (id === undefined || id === "" || (src === undefined) === (env === undefined))
      refuseValue("--secret", value, SECRET);
    places[id] = src === undefined ? { env: env! } : { file: resolve(src) };
  }
  return places;
}

/** Reads the values of `--ssh`. @throws {UsageError} OPTION_VALUE_INVALID */
export function readAgents(values: readonly string[]): Readonly<Record<string, string>> {
  const agents: Record<string, string> = {};
  for (const value of values) {
    const [id = "", ...path] = value.split("=");
    const socket = path.length === 0 ? process.env["SSH_AUTH_SOCK"] : resolve(path.join("="));
    if (id === "" || socket === undefined || socket === "")
      refuseValue("--ssh", value, "ID=SOCKET, or ID alone where SSH_AUTH_SOCK is set");
    agents[id] = socket;
  }
  return agents;
}
