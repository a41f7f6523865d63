import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { sha256Hex } from "../../core/bytes.js";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import { parseEngineHost, readEngineTls } from "./engine-host.js";
import type { EngineAddress } from "./engine-place.js";

/** The engine that Docker's own program would talk to, where the user chose a context. */
export interface DockerContext {
  readonly name: string;
  readonly address: EngineAddress;
}

/**
 * The Docker context that is in use: DOCKER_CONTEXT, else what `docker context use` wrote. Undefined for the default
 * one, which is the usual socket.
 *
 * @throws {EnvironmentError} ENGINE_CONTEXT_INVALID, ENGINE_HOST_UNSUPPORTED
 */
export function dockerContext(env: NodeJS.ProcessEnv): DockerContext | undefined {
  const folder = env["DOCKER_CONFIG"] || join(env["HOME"] || homedir(), ".docker");
  const name = env["DOCKER_CONTEXT"] || chosenContext(join(folder, "config.json"));
  if (name === undefined || name === "" || name === "default") return undefined;
  const id = sha256Hex(name);
  const path = join(folder, "contexts/meta", id, "meta.json");
  const fail = (reason: string): never => {
    throw new EnvironmentError("ENGINE_CONTEXT_INVALID", { name, path, reason }, { subject: name });
  };
  const meta = readJson(path) ?? fail("it is not there, or no JSON");
  const endpoint = field(field(meta, "Endpoints"), "docker");
  const host = field(endpoint, "Host");
  if (typeof host !== "string") return fail("it names no host");
  const verify = field(endpoint, "SkipTLSVerify") !== true;
  const tls = readEngineTls(join(folder, "contexts/tls", id, "docker"), verify);
  return { name, address: parseEngineHost(host, `the Docker context ${JSON.stringify(name)}`, tls) };
}

function chosenContext(path: string): string | undefined {
  const name = field(readJson(path), "currentContext");
  return typeof name === "string" ? name : undefined;
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
