import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { sha256Hex } from "../../core/bytes.js";
import { EnvironmentError } from "../../errors/layerwright-error.js";

/** The engines that are known. */
export type EngineName = "docker" | "podman";

/** A place where an engine may be: its API behind a socket, or its program. */
export type EnginePlace = EngineApi | EngineProgram;

/** An engine's API. Podman's speaks Docker's. */
export interface EngineApi {
  readonly kind: "api";
  readonly engine: EngineName;
  /** The source that named it, in a few words: `DOCKER_HOST`, `the Docker context "remote"`. */
  readonly source: string;
  /** Set when the user named it: no other one is tried. */
  readonly named: boolean;
  readonly address: EngineAddress;
}

/** The address of requests. */
export type EngineAddress =
  | { readonly socket: string }
  | { readonly host: string; readonly port: number; readonly tls?: EngineTls };

/** The certificates of a connection to an engine; each one where it is there. */
interface EngineTls {
  readonly verify: boolean;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** An engine's program, which reads archives from its standard input. */
export interface EngineProgram {
  readonly kind: "program";
  readonly engine: EngineName;
}

/** A place as people read it. */
export function placeText(place: EnginePlace): string {
  if (place.kind === "program") return `\`${place.engine} load\``;
  const { address } = place;
  return "socket" in address ? address.socket : `${address.host}:${address.port}`;
}

/** The usual places of engines' sockets. */
export interface UsualSockets {
  readonly docker: readonly string[];
  readonly podman: readonly string[];
}

const USUAL: UsualSockets = { docker: ["/var/run/docker.sock"], podman: ["/run/podman/podman.sock"] };

/**
 * The places where an engine may be, the best first. What the user named with DOCKER_HOST or a Docker context is the
 * only one, as it is for Docker's own program.
 *
 * @param wanted an engine, when it has to be that one
 * @throws {EnvironmentError} ENGINE_HOST_UNSUPPORTED, ENGINE_CONTEXT_INVALID
 */
export function findPlaces(
  wanted: EngineName | undefined,
  env: NodeJS.ProcessEnv,
  usual: UsualSockets = USUAL,
): readonly EnginePlace[] {
  if (wanted !== "podman") {
    const named = namedPlace(env);
    if (named !== undefined) return [named];
  }
  const runtime = env["XDG_RUNTIME_DIR"];
  const own = runtime === undefined || runtime === "" ? [] : [join(runtime, "podman/podman.sock")];
  const places: EnginePlace[] = [
    ...usual.docker.map((socket) => socketPlace("docker", socket)),
    ...[...own, ...usual.podman].map((socket) => socketPlace("podman", socket)),
    { kind: "program", engine: "docker" },
    { kind: "program", engine: "podman" },
  ];
  return wanted === undefined ? places : places.filter(({ engine }) => engine === wanted);
}

function namedPlace(env: NodeJS.ProcessEnv): EngineApi | undefined {
  const host = env["DOCKER_HOST"];
  if (host !== undefined && host !== "") {
    const verify = (env["DOCKER_TLS_VERIFY"] ?? "") !== "";
    const folder = env["DOCKER_CERT_PATH"] || join(env["HOME"] || homedir(), ".docker");
    const tls = verify ? (readEngineTls(folder, true) ?? { verify }) : undefined;
    const address = parseEngineHost(host, "DOCKER_HOST", tls);
    return { kind: "api", engine: "docker", source: "DOCKER_HOST", named: true, address };
  }
  const context = dockerContext(env);
  if (context === undefined) return undefined;
  const source = `the Docker context ${JSON.stringify(context.name)}`;
  return { kind: "api", engine: "docker", source, named: true, address: context.address };
}

function socketPlace(engine: EngineName, socket: string): EngineApi {
  return { kind: "api", engine, source: "the usual socket", named: false, address: { socket } };
}

/** The engine that Docker's own program would talk to, where the user chose a context. */
interface DockerContext {
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

/**
 * Reads the address of an engine as Docker writes it: `unix:///run/docker.sock`, `tcp://10.0.0.2:2375`.
 *
 * @param source what says so, for the message
 * @throws {EnvironmentError} ENGINE_HOST_UNSUPPORTED
 */
function parseEngineHost(text: string, source: string, tls?: EngineTls): EngineAddress {
  const unix = /^unix:\/\/(.+)$/.exec(text)?.[1];
  if (unix !== undefined) return { socket: unix };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== "tcp:" || url.hostname === "") {
    // The rest of the address may hold a name and a password.
    const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? "an address without a scheme";
    throw new EnvironmentError("ENGINE_HOST_UNSUPPORTED", { source, scheme }, { subject: source });
  }
  const port = url.port === "" ? (tls === undefined ? 2375 : 2376) : Number(url.port);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return tls === undefined ? { host, port } : { host, port, tls };
}

/** The certificates in a directory, as Docker names them; undefined where there is none. */
function readEngineTls(folder: string, verify: boolean): EngineTls | undefined {
  const read = (name: string): Buffer | undefined => {
    try {
      return readFileSync(join(folder, name));
    } catch {
      return undefined;
    }
  };
  const [ca, cert, key] = [read("ca.pem"), read("cert.pem"), read("key.pem")];
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  return { verify, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
