import { homedir } from "node:os";
import { join } from "node:path";
import { dockerContext } from "./docker-context.js";
import { parseEngineHost, readEngineTls } from "./engine-host.js";
import type { EngineApi, EngineName, EnginePlace } from "./engine-place.js";

/** Where engines put their sockets when nobody says otherwise. */
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
