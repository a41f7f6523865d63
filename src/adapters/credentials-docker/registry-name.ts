import { isLayerwrightError } from "../../errors/layerwright-error.js";
import { parseReference } from "../../oci/reference.js";
import type { Repository } from "../../ports/registry.js";

/** Docker Hub, as references name it. */
export const DOCKER_HUB = "docker.io";

/** The hosts that Docker Hub goes by in files of credentials. */
const HUB_HOSTS: readonly string[] = [DOCKER_HUB, "index.docker.io", "registry-1.docker.io"];

/** The name of Docker Hub in Docker's files and helpers, since its first version. */
const HUB_KEY = "https://index.docker.io/v1/";

/** A host as credentials are compared by: in lower case, Docker Hub by one name. */
export function normalHost(host: string): string {
  const lower = host.toLowerCase();
  return HUB_HOSTS.includes(lower) ? DOCKER_HUB : lower;
}

/** The name of a registry in Docker's file and for its helpers. */
export function dockerKey(domain: string): string {
  const host = normalHost(domain);
  return host === DOCKER_HUB ? HUB_KEY : host;
}

/** The names by which helpers may know a registry: Docker's name for it first, then podman's. */
export function helperServers(domain: string): readonly string[] {
  const host = normalHost(domain);
  return host === DOCKER_HUB ? [HUB_KEY, host] : [host];
}

/**
 * The host that a user means by a registry: `ghcr.io`, `https://ghcr.io/`, `localhost:5000`. Anything else is handed
 * to `fail`, in words that hold no password.
 */
export function registryDomain(registry: string, fail: (shown: string, reason: string) => never): string {
  if (registry.includes("@")) {
    // What stands before the sign is a user, and maybe a password.
    return fail(registry.slice(registry.lastIndexOf("@")), "a user is no part of it");
  }
  const host = registry.replace(/^https?:\/\//i, "").replace(/(?:\/v[12])?\/*$/, "");
  if (host === "") return fail(registry, "it is empty");
  if (host.includes("/")) return fail(registry, "it has a path");
  if (normalHost(host) === DOCKER_HUB) return DOCKER_HUB;
  try {
    const { domain } = parseReference(`${host}/a/b`);
    if (domain === host) return host.toLowerCase();
  } catch (error) {
    if (!isLayerwrightError(error)) throw error;
    return fail(registry, "it is not a host name with an optional port");
  }
  return fail(registry, "a host has a dot, a port, or is localhost");
}

/** The meaning of a key of `auths` or `credHelpers`: a registry, or a part of one. */
interface AuthKey {
  readonly host: string;
  /** A namespace or repository; empty for the whole registry. */
  readonly path: string;
}

/**
 * Reads a key. Docker writes hosts, and URLs of which only the host counts; podman writes hosts and repositories,
 * never a scheme. `/v1` and `/v2` are the registry's own interface and no namespace.
 */
export function parseAuthKey(key: string): AuthKey {
  const bare = key.replace(/^https?:\/\//i, "");
  const slash = bare.indexOf("/");
  const host = normalHost(slash === -1 ? bare : bare.slice(0, slash));
  if (bare !== key || slash === -1) return { host, path: "" };
  const path = bare.slice(slash + 1).replace(/\/+$/, "");
  return { host, path: path === "v1" || path === "v2" ? "" : path };
}

/**
 * The closeness of a key to a repository: the more of its path it names the closer. Undefined where it is another's.
 */
export function closeness(key: AuthKey, { domain, path }: Repository): number | undefined {
  if (key.host !== normalHost(domain)) return undefined;
  if (key.path === "") return 0;
  return path === key.path || path.startsWith(`${key.path}/`) ? key.path.length : undefined;
}
