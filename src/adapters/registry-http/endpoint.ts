import type { Repository } from "../../ports/registry.js";
import { isLoopback } from "./http/origin.js";
import type { RegistrySettings } from "./settings.js";

/** A server that answers for a registry: the registry itself, or a mirror of it. */
export interface Endpoint {
  /** What the user calls the registry. */
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
